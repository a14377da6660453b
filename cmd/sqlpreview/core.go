package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
	"github.com/op-data/sqlpreview/preview/server/jsonline"
	"github.com/op-data/sqlpreview/sanitize"
)

// core is what the settings say about previews themselves, for serve and for the
// commands that run one: where the databases are, and the rules.
type core struct {
	source  *source
	least   doctor.Grade // empty: any grade is served
	policy  preview.Policy
	masking sanitize.Config
	// byConnection has the rules of rules_file; variables are those that requests
	// set, in the order of their names.
	byConnection map[string]preview.ConnectionRules
	variables    []string
}

// openCore opens the source of connections and reads the rules. The error names
// every fault.
func (c *config) openCore(ctx context.Context) (*core, error) {
	opened, sourceErr := c.Sources.open(ctx)
	least, gradeErr := c.Sources.grade()
	policy, masking, rulesErr := c.Rules.open()
	byConnection, fileErr := openConnectionRules(c.Rules.RulesFile, masking)
	claims, claimsErr := variableClaims(c.Callers.VariableClaims)
	if err := errors.Join(sourceErr, gradeErr, rulesErr, settingError(fileErr, "rules_file"), claimsErr); err != nil {
		if opened != nil {
			opened.close()
		}
		return nil, err
	}
	return &core{
		source: opened, least: least, policy: policy, masking: masking,
		byConnection: byConnection, variables: slices.Sorted(maps.Values(claims)),
	}, nil
}

// previewer makes what runs previews; adjust, unless it is nil, has the last word on
// its configuration. A *doctor.GradeError says that the one connection is not
// fit to be served.
func (c *core) previewer(ctx context.Context, config *config, adjust func(*preview.Config)) (*preview.Previewer, error) {
	resolver := preview.Resolver(c.source)
	if c.least != "" {
		resolver = doctor.MinGrade(c.source, c.least)
		if c.source.single {
			// A database that is not up yet is no fault: it is graded when it is first used.
			_, err := resolver.Resolve(ctx, preview.DefaultConnectionID)
			if tooLow := (*doctor.GradeError)(nil); errors.As(err, &tooLow) {
				return nil, tooLow
			}
		}
	}
	settings := preview.Config{
		Resolver: resolver, Connections: c.source.lister(), Limits: config.Limits, Pool: config.Pool, LargeAnswers: config.LargeAnswers,
		Policy: c.policy, Sanitize: c.masking, ByConnection: c.byConnection, RequestRoles: config.Rules.RequestRoles,
	}
	if adjust != nil {
		adjust(&settings)
	}
	return preview.New(settings)
}

// openPreviewer opens what previews the one connection that a command is about,
// and returns what closes it. A connection that can never be used is misuse; what
// may pass is the preview's to report.
func (c *config) openPreviewer(ctx context.Context, id string) (*preview.Previewer, func(), error) {
	opened, err := c.openCore(ctx)
	if err != nil {
		return nil, nil, c.misconfigured(err)
	}
	if _, err := opened.connection(ctx, c, cmp.Or(id, preview.DefaultConnectionID)); isMisuse(err) {
		opened.source.close()
		return nil, nil, err
	}
	previewer, err := opened.previewer(ctx, c, nil)
	if err != nil {
		opened.source.close()
		return nil, nil, err
	}
	return previewer, func() { previewer.Close(); opened.source.close() }, nil
}

// connection finds the one connection that a command is about.
func (c *core) connection(ctx context.Context, config *config, id string) (preview.Connection, error) {
	connection, err := c.source.Resolve(ctx, id)
	switch {
	case errors.Is(err, preview.ErrConnectionNotFound):
		return connection, misuse{c.source.unknown(id)}
	case errors.Is(err, preview.ErrConnectionInvalid):
		return connection, config.misconfigured(c.source.fault(id, err))
	}
	return connection, err
}

// unknown says that there is no connection of an id, and which there are.
func (s *source) unknown(id string) string {
	known := s.ids()
	switch {
	case s.single:
		return fmt.Sprintf("there is one connection, %q; leave --connection out", preview.DefaultConnectionID)
	case len(known) == 0:
		return fmt.Sprintf("there is no connection %q", id)
	case id == preview.DefaultConnectionID:
		return "which connection? Choose one by --connection: " + someOf(known)
	default:
		return fmt.Sprintf("there is no connection %q%s (there are: %s)", id, didYouMean(id, known), someOf(known))
	}
}

// maxListed bounds a list of names in a message.
const maxListed = 10

func someOf(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}

// loggingResolver writes what is wrong with a connection to the log; the caller is
// told a general reason.
type loggingResolver struct {
	preview.Resolver
	log *slog.Logger
}

func (l loggingResolver) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	connection, err := l.Resolver.Resolve(ctx, id)
	if err != nil && !errors.Is(err, preview.ErrConnectionNotFound) && ctx.Err() == nil {
		l.log.LogAttrs(ctx, slog.LevelWarn, "a connection cannot be used", slog.String("connection_id", jsonline.Bounded(id)), slog.String("why", operatorText(err)))
	}
	return connection, err
}
