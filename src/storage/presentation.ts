/** Whether a file is a page to be shown, by its name. */
export function isReport(filename: string): boolean {
  return filename === 'report.html';
}

/** What a browser is to do with a file, by its name: a report is shown, everything else is saved, whatever it claims to be. */
export function presentation(filename: string): { contentType: string; contentDisposition: string } {
  if (isReport(filename)) {
    return { contentType: 'text/html; charset=utf-8', contentDisposition: 'inline' };
  }
  return {
    contentType: 'application/octet-stream',
    contentDisposition: `attachment; filename*=UTF-8''${encodeFilename(filename)}`,
  };
}

function encodeFilename(filename: string): string {
  return encodeURIComponent(filename).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
