import { gzipSync } from 'node:zlib';
import type { Detection } from '../../core/detections/detection.ts';
import { defenderQuery } from '../../core/detections/hunting_queries.ts';

export interface Link {
  readonly label: string;
  readonly url: string;
}

export const PORTAL = 'https://security.microsoft.com';

/** The pages of Microsoft Defender's portal for a detection: its query, ready to run, and its device. */
export function portalLinksOf(detection: Detection): readonly Link[] {
  const { source } = detection;
  if (source !== 'defender' && source !== 'defender-raw') return [];
  const query = queryUrl(defenderQuery(detection));
  return [
    ...(query.length <= LONGEST_URL ? [{ label: 'Run in Defender', url: query }] : []),
    ...deviceLinks(detection),
  ];
}

/** A query of ordinary names has 700 characters; longer addresses do not open everywhere. */
const LONGEST_URL = 2000;

/**
 * The page of advanced hunting with a query: base64url of gzip of its UTF-16LE, as the portal's own "share link" writes it.
 * Microsoft documents no such address, so a message has the text of the query too.
 */
export function queryUrl(query: string): string {
  return `${PORTAL}/v2/advanced-hunting?query=${gzipSync(Buffer.from(query, 'utf16le')).toString('base64url')}`;
}

/** The device's page, by its id; without one the list of devices, searched for the name. */
function deviceLinks({ DeviceName, traffic }: Detection): readonly Link[] {
  const label = 'Device in Defender';
  const id = traffic.deviceIds.find((each) => DEVICE_ID.test(each));
  if (id !== undefined) return [{ label, url: `${PORTAL}/machines/v2/${id}/overview` }];
  if (DeviceName === '' || DeviceName.length > MAX_NAME) return [];
  return [{ label, url: `${PORTAL}/machines?q=${encoded(DeviceName)}` }];
}

const DEVICE_ID = /^[0-9a-f]{40}$/;
/** Of a host with its domain: 255. */
const MAX_NAME = 255;

/** Encodes also `! ' ( ) * ~`, which `encodeURIComponent` keeps, so that a link holds no markup of any format. */
export function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
