package fuzz

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/fuzz/internal/corpus"
	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

// The techniques of collected texts.
const (
	collectedAttack = "collected-attack"
	collectedHonest = "collected-honest"
)

// collected tries every text of the corpus once, and leaves them to the
// generator, which changes them at random.
func (r *runner) collected(ctx context.Context) error {
	if r.config.Corpus == "" {
		return nil
	}
	texts, schema, err := corpus.Read(r.config.Corpus)
	if err != nil {
		return err
	}
	if err := r.makeTables(ctx, schema); err != nil {
		return err
	}
	for _, text := range texts {
		if !text.Honest {
			r.seeds = append(r.seeds, text.SQL)
		}
	}
	r.generator.Seed(r.seeds)
	for _, text := range texts {
		if r.over(ctx) {
			return nil
		}
		// Which rows a collected query gives may hang on the clock or on chance.
		c := &sqlgen.Case{SQL: text.SQL, Technique: collectedAttack, Honest: text.Honest}
		if text.Honest {
			c.Technique = collectedHonest
		}
		r.report.Cases++
		if err := r.one(ctx, c, r.report.Cases); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // the time is over
			}
			return err
		}
		r.progress(false)
	}
	return unlessOver(ctx, r.endBatch(ctx))
}

// makeTables makes what the collected honest queries read.
func (r *runner) makeTables(ctx context.Context, schema string) error {
	conn, err := pgconn.Connect(ctx, r.role)
	if err != nil {
		return fmt.Errorf("making the tables of the collected queries: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // a session of ours that has done its work
	// One after the other: a string is read by the settings at its beginning.
	for _, text := range []string{"set search_path = public; set standard_conforming_strings = on; set client_encoding = utf8", schema} {
		if _, err := conn.Exec(ctx, text).ReadAll(); err != nil {
			return fmt.Errorf("making the tables of the collected queries: %w", err)
		}
	}
	if r.resolver != nil {
		r.resolver.Forget()
	}
	return r.rebase(ctx)
}
