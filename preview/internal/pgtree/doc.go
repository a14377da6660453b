// Package pgtree knows PostgreSQL's parser and the tree it makes of a text.
//
//	Screen   bounds what the parser is given: it recurses on the C stack and
//	         cannot be interrupted
//	Parse    PostgreSQL's own grammar (libpg_query), as JSON
//	Walk     tells visitors of every node, front to back, by the allow-list in
//	         grammar.txt
//	Node     the same tree in memory, with random access
//	Lexer    tokens, for Screen and for underlining what a diagnostic speaks of
//
// Everything that is particular to one version of the grammar stands here; only
// parse.go imports the parser.
package pgtree
