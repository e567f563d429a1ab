import type { InvocationContext } from '@azure/functions';
import { ResourceFactoryResolver } from '@azure/functions-extensions-base';
import type { ExportRef } from '../src/storage/ports/exports.ts';

/** The host's word for a blob that is bound by reference. */
const SOURCE = 'AzureStorageBlobs';

/**
 * Has the host hand over a blob's name in place of its content: with `sdkBinding` it sends a reference, and what turns
 * that into a client is ours to say. An export of gigabytes never enters the process.
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

/** The export that an invocation is about: from the reference, or, of a host without them, from the trigger's metadata. */
export function exportOf(blob: unknown, context: InvocationContext): Partial<ExportRef> {
  if (typeof blob === 'object' && blob !== null && 'container' in blob && 'name' in blob) return blob as ExportRef;
  const path = String(context.triggerMetadata?.['blobTrigger'] ?? '');
  const slash = path.indexOf('/');
  if (slash < 1) return {};
  return { container: path.slice(0, slash), name: path.slice(slash + 1) };
}
