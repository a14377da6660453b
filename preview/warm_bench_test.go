package preview_test

import (
	"fmt"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// BenchmarkPreview is a preview of the embedded package that was made before.
func BenchmarkPreview(b *testing.B) {
	p := benchPreviewer(b, pgtest.Shared(b).Database(b, `create table orders as
		select i as id, 'name ' || i as name, (i * 1.5)::numeric(10,2) as total, timestamptz '2026-01-01' + i * interval '1 h' as at
		from generate_series(1, 1000) i; alter table orders add primary key (id); analyze orders`))
	for _, query := range []struct{ name, sql string }{
		{"select-1", "select 1"},
		{"100-rows", "select id, name, total, at from orders order by id"},
	} {
		b.Run(query.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Preview(b.Context(), preview.Request{SQL: query.sql}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("new-text", func(b *testing.B) {
		sql := "select id, name, total, at from orders where id > %d and name <> 'x' order by id, name limit 1"
		for i := 0; b.Loop(); i++ {
			if _, err := p.Preview(b.Context(), preview.Request{SQL: fmt.Sprintf(sql, i)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
