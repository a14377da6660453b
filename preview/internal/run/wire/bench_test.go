package wire

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// BenchmarkRow reads rows that fit into the read buffer and one that does not.
func BenchmarkRow(b *testing.B) {
	for _, shape := range []struct{ columns, size int }{{1, 8}, {10, 20}, {10, 4000}, {2, 100_000}} {
		b.Run(fmt.Sprintf("%dx%d", shape.columns, shape.size), func(b *testing.B) {
			values := make([][]byte, shape.columns)
			for i := range values {
				values[i] = bytes.Repeat([]byte("x"), shape.size)
			}
			row := encode(b, &pgproto3.DataRow{Values: values})
			limits := RowLimits{Columns: shape.columns, MaxColumns: shape.columns, MaxCellBytes: 8 << 10, MaxBytes: 1 << 20}
			b.ReportAllocs()
			network := bytes.NewReader(nil)
			r := NewReader(NewConn(scripted{Reader: network}))
			for b.Loop() {
				network.Reset(row)
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
				if _, err := r.Row(limits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
