// Command gencatalog writes catalog.txt, the functions of PostgreSQL's own
// schemas, from the catalogs of running servers.
//
//	go run ./preview/internal/guard/gencatalog DSN... > preview/internal/guard/catalog.txt
//
// Give one connection string for a fresh cluster of every supported major
// version (14 to 18 now). To refresh for a new one, add its server; a function
// that is gone from a newer version stays listed as long as an older one has it.
// What is new and volatile is refused until functions.txt says otherwise, and is
// printed to standard error for a person to look at.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed functions.sql
var functionsQuery string

// entry is what one or more servers say about the functions of one name: the
// worst of it.
type entry struct {
	volatility  int // 0 immutable, 1 stable, 2 volatile
	oneArgument bool
	onRow       bool
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gencatalog:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsns []string) error {
	if len(dsns) == 0 {
		return fmt.Errorf("give the connection string of one server of each major version")
	}
	all := make(map[string]entry)
	var versions []string
	for _, dsn := range dsns {
		version, err := read(ctx, dsn, all)
		if err != nil {
			return err
		}
		versions = append(versions, version)
	}
	slices.Sort(versions)
	return write(all, versions)
}

func read(ctx context.Context, dsn string, all map[string]entry) (version string, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return "", fmt.Errorf("server version: %w", err)
	}
	version, _, _ = strings.Cut(version, " ")
	rows, err := conn.Query(ctx, functionsQuery)
	if err != nil {
		return "", fmt.Errorf("functions of %s: %w", version, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var e entry
		if err := rows.Scan(&name, &e.volatility, &e.oneArgument, &e.onRow); err != nil {
			return "", fmt.Errorf("functions of %s: %w", version, err)
		}
		old := all[name]
		all[name] = entry{max(old.volatility, e.volatility), old.oneArgument || e.oneArgument, old.onRow || e.onRow}
	}
	return version, rows.Err()
}

func write(all map[string]entry, versions []string) error {
	w := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(w, "# Written by gencatalog from PostgreSQL %s. Do not edit.\n", strings.Join(versions, ", "))
	fmt.Fprintln(w, "# name, i(mmutable) s(table) v(olatile) by its worst overload, 1 if one argument")
	fmt.Fprintln(w, "# is enough, r if that can be any row.")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		flags := string("isv"[e.volatility])
		if e.oneArgument {
			flags += "1"
		}
		if e.onRow {
			flags += "r"
		}
		fmt.Fprintln(w, name, flags)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
