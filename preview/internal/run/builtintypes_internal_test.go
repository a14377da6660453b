package run

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestBuiltInTypesAreNamedAsTheServerDoes asks the server for every type and modifier
// that is named without it.
func TestBuiltInTypesAreNamedAsTheServerDoes(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Shared(t).Database(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	keys := []typeKey{
		{oidVarchar, 5}, {oidVarchar, 24}, {oidVarchar, 10485764}, {oidBPChar, 5}, {oidBPChar, 14}, {oidTimestamptz, 3},
		{oidVarchar, 4}, {oidVarchar, 0}, {oidBPChar, 1}, {oidNumeric, 0}, {oidNumeric, 4}, {25, 7},
	}
	for _, precision := range []int32{1, 10, 38, 1000} {
		for _, scale := range []int32{0, 2, 1000, 1, -1 & 0x7ff} {
			keys = append(keys, typeKey{oidNumeric, precision<<16 | scale + 4})
		}
	}
	for oid := range builtInTypes {
		keys = append(keys, typeKey{oid, -1})
	}
	named := 0
	for _, key := range keys {
		got, ok := builtInName(key)
		if !ok {
			continue
		}
		named++
		var want typeName
		row := conn.QueryRow(t.Context(), fmt.Sprintf("select format_type(%d, %d), typcategory::text from pg_type where oid = %[1]d", key.oid, key.modifier))
		if err := row.Scan(&want.name, &want.category); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%+v: got %+v, the server says %+v", key, got, want)
		}
	}
	if named < len(builtInTypes)+18 {
		t.Errorf("%d of %d are named", named, len(keys))
	}
}
