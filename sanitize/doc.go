// Package sanitize makes text from a stranger's database safe to hand on to a
// browser, a terminal, a spreadsheet, a log or a language model, and says
// what it changed.
package sanitize
