package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// ColumnPattern is schema, table and column; "*" stands for any.
type ColumnPattern [3]string

// maxPatterns bounds the questions of MissingColumns.
const maxPatterns = 200

// MissingColumns returns the patterns that no column of the database matches, so
// that a rule with a wrong name can be told from one that has an effect. The role
// need not be able to read the columns. The error is a *preview.Error.
func MissingColumns(ctx context.Context, connection preview.Connection, patterns []ColumnPattern) ([]ColumnPattern, error) {
	config, err := dsn.Parse(connection.DSN.Reveal())
	if err != nil {
		return nil, failure(err)
	}
	if connection.Dial != nil {
		config.DialFunc = connection.Dial
	}
	config.RuntimeParams["application_name"] = "sqlpreview doctor"
	config.MaxProtocolMessageBodyLen = maxMessage
	connecting, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgconn.ConnectConfig(connecting, config)
	if err != nil {
		return nil, unreachable(connecting, err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing in the session is needed any more
	e := &examination{conn: conn}
	var missing []ColumnPattern
	for _, pattern := range patterns[:min(maxPatterns, len(patterns))] {
		rows, err := e.query(ctx, 1, `select 1 from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
			where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')`+
			equals("n.nspname", pattern[0])+equals("c.relname", pattern[1])+equals("a.attname", pattern[2])+` limit 1`)
		if err != nil {
			return nil, failure(err)
		}
		if len(rows) == 0 {
			missing = append(missing, pattern)
		}
	}
	return missing, nil
}

// equals compares a name, which is quoted as standard_conforming_strings has it.
func equals(column, name string) string {
	if name == "*" {
		return ""
	}
	return fmt.Sprintf(" and %s = '%s'", column, strings.ReplaceAll(name, "'", "''"))
}
