import type { TableServiceClientOptions } from '@azure/data-tables';

/** Sees every request of every try, just before it is sent; the type is that of @azure/core-rest-pipeline. */
export type RequestPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];
