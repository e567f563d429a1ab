/**
 * A working buffer that keeps its memory from call to call: for 72 elements, making a typed array costs as much as
 * a whole percentile. It is at least `length` long and holds whatever the last use left in it.
 */
export function scratch(): (length: number) => Float64Array {
  let memory = new Float64Array(0);
  return (length) => {
    if (memory.length < length) memory = new Float64Array(length);
    return memory;
  };
}
