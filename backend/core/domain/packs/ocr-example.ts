/** A black and white PNG that says "Paid work, verified.", as base64. */
export const OCR_EXAMPLE_IMAGE =
  "iVBORw0KGgoAAAANSUhEUgAAARcAAABMAQAAAABvls75AAABZUlEQVR42u3UQUvDMBQA4M6BPe6qBw2e/AsblL6f41+YUMjGQD3I" +
  "cthVyF8peCiCkL9Q6aHX1hxMIOZpuq2NY+quSnN6CR8v75FHAvx12aA3venNvzJg6TpgmwNlThGx3Jp8tM+orybcY9619k2ZuWjH" +
  "oCOeKQ4xKYVjKuVbTi+YQI1x+HqWT8youurMDOKA1kWZwoBxNDYZVif5pApdpe1dJE6ofikZIUtAY6e6VlrLIrv1DI+MM5zBPUWT" +
  "XCuptC6lyLzeeWSpfsoIgztEm0izNqwzo5xElqpnAQLmztRNnkzyri+cOWMas0C04ypwJh34hvPWzBFxIrHJg74hjXlgIFw9nWGe" +
  "AWfsOSFNX7iqG1NiV/NnHhIlznAOSwBc6cYUKDLRmiWJx87cEGAEcKGmztTyMezMjMMRtTGkAIwBZnbgjBrml6KdQ4ko2rcG3OwQ" +
  "zDfzvB2Sn2b+ENP/Cb3pzV80H14o1jaFcBQLAAAAAElFTkSuQmCC";
