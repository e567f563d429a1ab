/**
 * All items of a listing. Unlike `Array.fromAsync` this keeps the async context on Node 22, on which the request count
 * and the list of bad rows rely: there the built-in function runs the listing outside of its caller's context.
 */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
