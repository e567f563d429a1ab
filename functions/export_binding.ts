import type { InvocationContext } from '@azure/functions';
import { ResourceFactoryResolver } from '@azure/functions-extensions-base';
import type { ExportRef } from '../src/storage/ports/exports.ts';

/** The name that the host uses for a blob that is bound by reference. */
const SOURCE = 'AzureStorageBlobs';

/**
 * Makes the host pass the name of a blob in place of its content: with `sdkBinding` it sends a reference, and this factory
 * keeps the name. An export of gigabytes never enters the process.
 */
export function keepNameOnly(): void {
  const resolver = ResourceFactoryResolver.getInstance();
  if (resolver.hasResourceFactory(SOURCE)) return;
  resolver.registerResourceFactory(SOURCE, (data) => {
    const { content } = Array.isArray(data) ? { content: null } : data;
    const { ContainerName, BlobName } = JSON.parse(String(content)) as Record<string, unknown>;
    return { container: ContainerName, name: BlobName };
  });
}

/** The export of an invocation: from the reference, or, on a host without references, from the trigger's metadata. */
export function exportOf(blob: unknown, context: InvocationContext): Partial<ExportRef> {
  if (typeof blob === 'object' && blob !== null && 'container' in blob && 'name' in blob) return blob as ExportRef;
  const path = String(context.triggerMetadata?.['blobTrigger'] ?? '');
  const slash = path.indexOf('/');
  if (slash < 1) return {};
  return { container: path.slice(0, slash), name: path.slice(slash + 1) };
}
