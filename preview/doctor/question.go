package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A server that is examined is not trusted: these bound what it can make the process
// hold.
const (
	// maxMessage bounds one message of the server's, in bytes.
	maxMessage = 1 << 20
	// maxAnswer bounds the rows of one answer, in bytes; rowBytes is what a row
	// takes beside its texts.
	maxAnswer = 8 << 20
	rowBytes  = 64
)

// errAnswer means that an answer has not the shape that was asked for, or passes
// a bound.
var errAnswer = errors.New("doctor: the server's answer is not one to the question")

// query runs one of our questions in a read-only transaction of its own. Every
// row has the columns asked for.
func (e *examination) query(ctx context.Context, columns int, sql string) (rows [][]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout+time.Second)
	defer cancel()
	_, err = e.read(ctx, 4, fmt.Sprintf(`begin read only;
select pg_catalog.set_config('search_path', 'pg_catalog', true), pg_catalog.set_config('statement_timeout', '%d', true),
	pg_catalog.set_config('client_encoding', 'UTF8', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);`,
		checkTimeout.Milliseconds()))
	if err == nil {
		rows, err = e.read(ctx, columns, sql)
	}
	if _, end := e.read(ctx, 0, "rollback"); err == nil {
		err = end
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// read returns the rows of all statements of sql. An answer that is not one ends
// the connection.
func (e *examination) read(ctx context.Context, columns int, sql string) ([][]string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := e.conn.Exec(ctx, sql)
	var rows [][]string
	size := 0
	for results.NextResult() {
		for reader := results.ResultReader(); reader.NextRow(); {
			values := reader.Values()
			row := make([]string, len(values))
			size += rowBytes
			for i, value := range values {
				row[i] = string(value)
				size += len(value)
			}
			if len(values) != columns || size > maxAnswer {
				cancel()
				return nil, errors.Join(errAnswer, results.Close())
			}
			rows = append(rows, row)
		}
	}
	return rows, results.Close()
}
