// Copying works over plain http too, where browsers offer no clipboard.

/**
 * @param {string} text
 * @param {Element} parent where a field may be put for a moment
 * @returns {Promise<boolean>} whether it is in the clipboard
 */
export async function copyText(text, parent) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* not allowed in this frame: try the older way */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  parent.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
