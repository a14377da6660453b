package preview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// Policy is what an operator can adjust of the guard's rules. The zero Policy
// is the built-in one.
//
// Names are written as in SQL: schema.name, folded to lower case unless in
// double quotes. What is denied wins over what is allowed.
type Policy struct {
	// DenyFunctions are refused beside those that always are; a name without a
	// schema stands for that name in every schema.
	DenyFunctions []string `json:"deny_functions,omitempty"`
	// AllowFunctions may be called although they are VOLATILE or refused by
	// default; each as schema.name. What is refused without a database must then be
	// called by that name, with its schema; only pg_catalog may be left out.
	AllowFunctions []string `json:"allow_functions,omitempty"`
	// DenySchemas are schemas of which a query may use nothing: no relation, named or
	// read through a view or a row-level security policy; no function, called or run by
	// something else; no operator and no type that its own text names or implies.
	DenySchemas []string `json:"deny_schemas,omitempty"`
	// DenyRelations are tables and views that may not be read; a name without a
	// schema stands for that name in every schema.
	DenyRelations []string `json:"deny_relations,omitempty"`
	// AllowRelations may be read although they are refused by default, each as
	// schema.name: the catalogs that hold secrets or values of columns.
	AllowRelations []string `json:"allow_relations,omitempty"`
	// AllowExtensions are extensions that the operator vouches for: their functions that
	// are not VOLATILE may be called although they could run a text that they are given,
	// and their aggregates although their parts carry no label. What is denied by name
	// stays so.
	AllowExtensions []string `json:"allow_extensions,omitempty"`
	// Strict refuses every function that is neither known to be harmless nor in
	// AllowFunctions. Default: off.
	Strict bool `json:"strict,omitempty"`
	// Masking is "strict" to refuse a query that uses a masked column other than by
	// showing it as it is: in a condition, an expression, an order or a join, where its
	// value could be asked for bit by bit. Default: such a query runs, and what an
	// expression makes is masked.
	Masking string `json:"masking,omitempty"`
}

const strictMasking = "strict"

// ParsePolicy reads a Policy from JSON. An unknown key is an error.
func ParsePolicy(text []byte) (Policy, error) {
	var p Policy
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		return Policy{}, fmt.Errorf("preview: policy: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Policy{}, errors.New("preview: policy: there is text behind the object")
	}
	if _, err := guard.NewPolicy(p.rules(0)); err != nil {
		return Policy{}, fmt.Errorf("preview: %w", err)
	}
	return p, p.checkMasking()
}

func (p Policy) checkMasking() error {
	if p.Masking != "" && p.Masking != strictMasking {
		return fmt.Errorf("preview: policy: masking is %.40q; it can be %q, or left out", p.Masking, strictMasking)
	}
	return nil
}

func (p Policy) rules(maxBytes int) guard.Rules {
	return guard.Rules{
		MaxBytes:        maxBytes,
		DenyFunctions:   p.DenyFunctions,
		AllowFunctions:  p.AllowFunctions,
		DenySchemas:     p.DenySchemas,
		DenyRelations:   p.DenyRelations,
		AllowRelations:  p.AllowRelations,
		AllowExtensions: p.AllowExtensions,
		Strict:          p.Strict,
	}
}
