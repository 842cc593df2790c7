// Package page draws a report as one HTML page that needs nothing else: no script, no
// font, no picture from anywhere, so that it can be mailed, archived and read offline. Its
// plots are SVG, made here; it follows the reader's light or dark setting.
package page
