const LONG_MONTHS = new Set([1, 3, 5, 7, 8, 10, 12]);

/** True for a day of the calendar between 1900 and 2099. */
export function isDate(year: number, month: number, day: number): boolean {
  if (year < 1900 || year > 2099 || month < 1 || month > 12 || day < 1) return false;
  if (month !== 2) return day <= (LONG_MONTHS.has(month) ? 31 : 30);
  return day <= (year % 4 === 0 && year !== 1900 ? 29 : 28);
}
