import { detectionsResponse, healthResponse } from './handlers.ts';
import { suppressionsResponse } from './suppressions.ts';
import { uiResponse } from './ui.ts';

/** What answers requests. The functions load this module with the first request: most invocations have none. */
export const RESPONSES = {
  detections: detectionsResponse,
  health: healthResponse,
  suppressions: suppressionsResponse,
  ui: uiResponse,
};
