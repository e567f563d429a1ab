/** The exit code of the program that reads Parquet, where standard error has a message for people. */
export const REPORTED = 3;
