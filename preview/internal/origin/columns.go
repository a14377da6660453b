package origin

import "context"

// Table is a relation whose columns are to be judged as if each were selected
// by itself.
type Table struct {
	OID          uint32
	Schema, Name string
	// Columns are some of its columns, or all.
	Columns []Column
}

// plainSelect stands for the tree of a statement that selects nothing but
// columns by name, and no rows of pg_settings by name.
const plainSelect = `{"RangeVar":{"relname":"` + settings + `"}}`

// MaskedColumns returns for every column of every table the rule by which a
// preview that selects it is masked, or "". When it returns an error nothing
// may be shown.
func (m *Masks) MaskedColumns(ctx context.Context, target Target, known *Snapshot, tables []Table) ([][]string, error) {
	rules := make([][]string, len(tables))
	var names []name
	var columns []Column
	for i, t := range tables {
		rules[i] = make([]string, len(t.Columns))
		names = append(names, name{t.Schema, t.Name})
		columns = append(columns, t.Columns...)
	}
	if len(tables) == 0 {
		return rules, nil
	}
	relations, err := known.closure(ctx, target, names, columns)
	if err != nil {
		return nil, err
	}
	for i, t := range tables {
		j := &judgement{
			masks: m, target: target, known: known,
			relations: relations.all, unknown: relations.unknown, views: make(map[uint32]map[uint16]string),
		}
		if rules[i], err = j.outputs(ctx, plainSelect, []uint32{t.OID}, t.Columns); err != nil {
			return nil, err
		}
	}
	return rules, nil
}
