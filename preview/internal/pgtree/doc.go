// Package pgtree knows PostgreSQL's parser and the tree it makes of a text.
package pgtree
