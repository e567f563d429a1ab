/** Conditions of the protocol of count files. Each can be left out of the model: then a search must find a schedule that loses or repeats rows. */
export const CONDITIONS = {
  entryWithRows: 'an entry is written in the transaction of its rows',
  fileUnderVersion: 'a file is written under its version',
  entryUnderVersion: 'an entry is removed under its version',
  entryAfterFile: 'an entry is removed after the file was written',
  versionBeforeRows: 'the version of a file is read before the rows',
  onePartUnderVersion: 'the parts of an ended day are made one under the version of the file',
  staysOnePart: 'a file of one part keeps one part',
  builtWhileTableIsThere: 'a missing file is built only if the table is still there after its rows were read',
  closedTakesNoRows: 'a closed day takes no rows, and its table is not created again',
  markBeforeRowsGo: 'a file is marked under its version before the rows go',
  noRowsGoWithEntries: 'rows go only where no entry is left',
  markedIsLeftAlone: 'a scorer never writes a marked file',
  readUnderVersion: 'each read of the merge names the version of its file',
  leavesOldParts: 'where a file has changed, the merge leaves all parts that it has opened before',
  goesOnAtHour: 'the merge goes on at the same group and hour',
  beginsHourAgain: 'the merge takes the group and hour in hand again from its beginning',
  entriesBeforeFile: 'a run that writes nothing reads the entries before the file',
  fileAgain: 'a run that writes nothing and finds neither file nor table looks for the file again',
  tableAfterItsRows: 'a run that writes nothing looks for the table after it has read its rows',
} as const;

export type Condition = keyof typeof CONDITIONS;

/** What holds in a search. */
export type Holding = Readonly<Record<Condition, boolean>>;

export const ALL_NAMES = Object.keys(CONDITIONS) as Condition[];

export function allBut(leftOut: Condition | null): Holding {
  return Object.fromEntries(ALL_NAMES.map((name) => [name, name !== leftOut])) as Holding;
}
