import './detections.ts';
import './health.ts';
import './ingestExport.ts';
import './ingestQueued.ts';
import './notifyDetection.ts';
import './scorePartition.ts';
import './scoreWindows.ts';
import './sweepExports.ts';
