package run

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Question is a query of our own that is asked often. A session that no pooler stands
// before keeps it prepared, so that the server reads and plans it once.
type Question struct {
	// SQL is the query. It may have parameters, which are texts.
	SQL string
	// Parameters are their values.
	Parameters []string
}

// Ask is Internal for a Question.
func (ps *Pools) Ask(ctx context.Context, t Target, q Question, timeout time.Duration) (*Texts, error) {
	return ps.internal(ctx, t, q.SQL, timeout, resultLimits{question: &q})
}

// preparedQuestion is a Question in a session.
type preparedQuestion struct {
	parameters [][]byte
	// name is the statement's in the session; empty where it keeps none.
	name string
	// prepared reports that the session has it already.
	prepared bool
}

// question returns the statement as a Question, or nil where it is none.
func (s *session) question(sql string, limits resultLimits) *preparedQuestion {
	if limits.question == nil {
		return nil
	}
	q := &preparedQuestion{}
	for _, parameter := range limits.question.Parameters {
		q.parameters = append(q.parameters, []byte(parameter))
	}
	if !s.direct || !s.configured {
		return q
	}
	if q.name, q.prepared = s.questions[sql]; !q.prepared {
		q.name = "sqlpreview_" + strconv.Itoa(len(s.questions))
	}
	return q
}

// keep notes that the session has prepared a question, if it was one that it keeps.
func (s *session) keep(sql string, q *preparedQuestion) {
	if q == nil || q.name == "" {
		return
	}
	if s.questions == nil {
		s.questions = make(map[string]string)
	}
	s.questions[sql] = q.name
}

// ask adds a question. A prepared one is run by a plan for any parameters: one for these
// alone would be made each time.
func (p *pipeline) ask(sql string, q *preparedQuestion) {
	if q.name != "" {
		p.execute(partSettings, setConfig([]setting{{name: "plan_cache_mode", value: "force_generic_plan"}}, forTransaction))
	}
	p.step(step{part: partStatement, execute: true, prepared: q.prepared})
	if !q.prepared {
		p.add(&pgproto3.Parse{Name: q.name, Query: sql})
	}
	p.add(&pgproto3.Bind{PreparedStatement: q.name, Parameters: q.parameters})
	p.add(&pgproto3.Describe{ObjectType: 'P'})
	p.add(&pgproto3.Execute{})
}
