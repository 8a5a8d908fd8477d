/** Invented access keys: the stand-in for CloudTrail tells the callers apart by them. */
export const OPERATOR_KEY = 'AKIALOCALLOCALLOCAL0';
export const FUNCTION_KEY = 'AKIALOCALFUNCTION000';
