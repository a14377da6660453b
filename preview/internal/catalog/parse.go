package catalog

import (
	"strconv"
	"strings"
)

// This file reads the values of the fields of an answer.

// parseOID reads an object id.
func parseOID(text string) (OID, error) {
	oid, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, errAnswer
	}
	return OID(oid), nil
}

// parseOIDs reads what PostgreSQL writes of an oidvector: object ids with spaces
// between.
func parseOIDs(text string) ([]OID, error) {
	if text == "" {
		return nil, nil
	}
	fields := strings.Split(text, " ")
	oids := make([]OID, len(fields))
	for i, field := range fields {
		var err error
		if oids[i], err = parseOID(field); err != nil {
			return nil, err
		}
	}
	return oids, nil
}

func isOneOf(letter byte, letters string) bool { return strings.IndexByte(letters, letter) >= 0 }

// parseRefs reads references: the letter of a class and an object id each, with spaces
// between.
func parseRefs(text string) ([]ref, error) {
	if text == "" {
		return nil, nil
	}
	fields := strings.Split(text, " ")
	refs := make([]ref, len(fields))
	for i, field := range fields {
		if field == "" || !isOneOf(field[0], "rfotvudm") {
			return nil, errAnswer
		}
		oid, err := parseOID(field[1:])
		if err != nil {
			return nil, err
		}
		refs[i] = ref{class(field[0]), oid}
	}
	return refs, nil
}

// schemaName reads what PostgreSQL writes of a schema as a regnamespace: quoted where
// it has to be, and - for none.
func schemaName(text string) string {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return text
	}
	return strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
}
