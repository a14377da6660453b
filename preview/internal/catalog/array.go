package catalog

import "strings"

// parseArray reads the text of a one-dimensional array as PostgreSQL writes it
// (array_out in utils/adt/arrayfuncs.c). No element is NULL in what questions ask for,
// so NULL is an error.
func parseArray(text string) ([]string, error) {
	rows, err := parseRows(text)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, nil
	case len(rows) > 1 || strings.HasPrefix(text, "{{"):
		return nil, errAnswer
	}
	return rows[0], nil
}

// parseRows reads the text of an array of one or two dimensions. One dimension is
// one row.
func parseRows(text string) ([][]string, error) {
	if text == "{}" {
		return nil, nil
	}
	p := arrayParser{rest: text}
	if !p.skip('{') {
		return nil, errAnswer
	}
	if !strings.HasPrefix(p.rest, "{") {
		row, ok := p.row()
		if !ok || p.rest != "" {
			return nil, errAnswer
		}
		return [][]string{row}, nil
	}
	var rows [][]string
	for {
		if !p.skip('{') {
			return nil, errAnswer
		}
		row, ok := p.row()
		if !ok {
			return nil, errAnswer
		}
		rows = append(rows, row)
		if p.skip('}') {
			break
		}
		if !p.skip(',') {
			return nil, errAnswer
		}
	}
	if p.rest != "" {
		return nil, errAnswer
	}
	return rows, nil
}

type arrayParser struct{ rest string }

func (p *arrayParser) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// row reads elements up to the brace that closes them.
func (p *arrayParser) row() (row []string, ok bool) {
	for {
		element, ok := p.element()
		if !ok {
			return nil, false
		}
		row = append(row, element)
		if p.skip('}') {
			return row, true
		}
		if !p.skip(',') {
			return nil, false
		}
	}
}

func (p *arrayParser) element() (string, bool) {
	if !p.skip('"') {
		end := strings.IndexAny(p.rest, `,{}"\`)
		if end <= 0 || p.rest[:end] == "NULL" {
			return "", false
		}
		element := p.rest[:end]
		p.rest = p.rest[end:]
		return element, true
	}
	if end := strings.IndexAny(p.rest, `"\`); end >= 0 && p.rest[end] == '"' { // nothing escaped
		element := p.rest[:end]
		p.rest = p.rest[end+1:]
		return element, true
	}
	var element strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '"':
			p.rest = p.rest[i+1:]
			return element.String(), true
		case '\\':
			if i++; i == len(p.rest) {
				return "", false
			}
		}
		element.WriteByte(p.rest[i])
	}
	return "", false
}
