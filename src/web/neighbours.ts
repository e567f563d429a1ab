import type { PageDetection } from './page_data.ts';

/** Other detections that share something with one. */
export interface Neighbours {
  readonly sameAddress: readonly PageDetection[];
  readonly sameDevice: readonly PageDetection[];
  readonly sameProcess: readonly PageDetection[];
}

/** Other detections with the same address, device or process, in the order of the list. */
export function neighbourIndex(detections: readonly PageDetection[]): (detection: PageDetection) => Neighbours {
  const byAddress = Map.groupBy(detections, ({ RemoteIP }) => RemoteIP);
  const byDevice = Map.groupBy(detections, ({ DeviceName }) => DeviceName);
  const byProcess = Map.groupBy(detections, ({ InitiatingProcessFileName }) => InitiatingProcessFileName);
  return (detection) => {
    const but = (others: readonly PageDetection[] | undefined) =>
      (others ?? []).filter(({ id }) => id !== detection.id);
    const { DeviceName, InitiatingProcessFileName, RemoteIP } = detection;
    const sameAddress = RemoteIP === '*' ? [] : but(byAddress.get(RemoteIP));
    const sameDevice = but(byDevice.get(DeviceName)).filter((other) => !sameAddress.includes(other));
    const sameProcess =
      InitiatingProcessFileName === ''
        ? []
        : but(byProcess.get(InitiatingProcessFileName)).filter(
            (other) => !sameAddress.includes(other) && !sameDevice.includes(other),
          );
    return { sameAddress, sameDevice, sameProcess };
  };
}
