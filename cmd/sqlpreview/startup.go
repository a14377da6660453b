package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/doctor"
)

const (
	// certificateWarning is how long before its end a certificate is warned of.
	certificateWarning = 14 * 24 * time.Hour
	// maxLookedAt bounds the connections that are looked at when serve starts.
	maxLookedAt = 10
	// lookTime bounds the look at one database.
	lookTime = 30 * time.Second
)

// warnAtStart logs what an operator should know before the first call: files at once, and
// in the background what only the databases can tell. It returns what ends that.
func (s *sidecar) warnAtStart(config *config, opened *core) (stop func()) {
	for _, file := range []string{config.Callers.CertFile, config.Callers.ClientCAFile} {
		if file != "" {
			s.warnOfCertificates(file, time.Now())
		}
	}
	ids := opened.source.ids()
	if opened.source.dir != "" && len(ids) == 0 {
		s.log.Warn("the folder of connections is empty, so every preview fails", "connections_dir", opened.source.dir)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.lookAt(ctx, config, opened, ids[:min(maxLookedAt, len(ids))])
	}()
	return func() { cancel(); <-done }
}

// warnOfCertificates warns of each certificate of a PEM file that has expired or
// will soon.
func (s *sidecar) warnOfCertificates(file string, now time.Time) {
	for _, certificate := range certificatesIn(file) {
		attributes := []any{"file", file, "until", certificate.NotAfter.UTC().Format(time.RFC3339)}
		switch left := certificate.NotAfter.Sub(now); {
		case left <= 0:
			s.log.Warn("a certificate has expired", attributes...)
		case left < certificateWarning:
			s.log.Warn(fmt.Sprintf("a certificate ends within %d days", int(certificateWarning.Hours()/24)), attributes...)
		}
	}
}

// lookAt warns of connections that cannot be used, of roles that may do more than
// read, and of rules for columns that none of the databases has.
func (s *sidecar) lookAt(ctx context.Context, config *config, opened *core, ids []string) {
	rules := config.Rules.columns()
	missing := rules
	whole := len(ids) > 0
	for _, id := range ids {
		if ctx.Err() != nil {
			return
		}
		log := s.log.With("connection_id", id)
		connection, err := opened.source.Resolve(ctx, id)
		if err != nil {
			log.Warn("a connection cannot be used", "why", operatorText(err))
			whole = false
			continue
		}
		missing = s.lookAtOne(ctx, log, connection, opened.least, missing)
		whole = whole && missing.known
	}
	if !whole {
		return // what was not seen may be there
	}
	for _, rule := range missing.list {
		s.log.Warn("a rule names a column that the database does not have", "setting", rule.setting, "column", rule.text)
	}
}

// lookAtOne looks at one database and returns those of the rules that match no
// column there.
func (s *sidecar) lookAtOne(ctx context.Context, log *slog.Logger, connection preview.Connection, least doctor.Grade, rules columnRules) columnRules {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if !least.AtLeast(doctor.GradeC) { // else it was examined, and would not be served
		report, err := doctor.Examine(ctx, connection, doctor.Options{})
		if err != nil {
			warnOfDatabase(ctx, log, err)
			return columnRules{}
		}
		if !report.Grade.AtLeast(doctor.GradeC) {
			log.Warn("a connection's role may do more than read; run sqlpreview doctor", "grade", string(report.Grade), "why", report.Findings[0].Message)
		}
	}
	patterns := make([]doctor.ColumnPattern, len(rules.list))
	for i, rule := range rules.list {
		patterns[i] = rule.pattern
	}
	if len(patterns) == 0 {
		return rules
	}
	absent, err := doctor.MissingColumns(ctx, connection, patterns)
	if err != nil {
		warnOfDatabase(ctx, log, err)
		return columnRules{}
	}
	left := columnRules{known: true}
	for _, rule := range rules.list {
		for _, pattern := range absent {
			if rule.pattern == pattern {
				left.list = append(left.list, rule)
				break
			}
		}
	}
	return left
}

// warnOfDatabase says why a database could not be looked at.
func warnOfDatabase(ctx context.Context, log *slog.Logger, err error) {
	var failure *preview.Error
	if errors.Is(ctx.Err(), context.Canceled) || !errors.As(err, &failure) {
		return
	}
	log.Warn("a database cannot be reached", "reason", string(failure.Reason), "why", strings.TrimSuffix(failure.Message+"; "+failure.Hint, "; "))
}
