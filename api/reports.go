package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/report"
)

type reportInput struct {
	From  time.Time `query:"from" doc:"From then on; without it, from the beginning of the sixth day before."`
	To    time.Time `query:"to" doc:"To just before; without it, until now."`
	Queue string    `query:"queue" maxLength:"64"`
}

// Indicator is a number of a report with its meaning.
type Indicator struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	NameEN       string     `json:"name_en"`
	Value        *float64   `json:"value" nullable:"true" doc:"null when there is nothing to work it out of; why says so."`
	Unit         string     `json:"unit" enum:"ratio,count,seconds"`
	Numerator    float64    `json:"numerator" doc:"Of ratios the counted, of means the sum in seconds."`
	Denominator  int64      `json:"denominator"`
	Excluded     int64      `json:"excluded,omitempty" doc:"Left out by definition."`
	Why          string     `json:"why,omitempty"`
	WhyEN        string     `json:"why_en,omitempty"`
	At           *time.Time `json:"at,omitempty" doc:"End of the window, of those of 24 hours."`
	Target       *float64   `json:"target,omitempty" doc:"Of the standard."`
	Definition   string     `json:"definition"`
	DefinitionEN string     `json:"definition_en"`
	Standard     string     `json:"standard,omitempty" doc:"Where the indicator comes from; absent is common practice."`
}

// ReportRow is a day, an hour, a queue or an agent: what it is (day, hour, or id and name), then counts, then
// indicators by their id.
type ReportRow map[string]any

// Schema describes it.
func (ReportRow) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "day, hour, or id and name; conversations, requests, answered, abandoned, short_abandoned, open; and indicators by their id, null as there.",
	}
}

type reportOutput struct {
	Body struct {
		From    time.Time   `json:"from"`
		To      time.Time   `json:"to"`
		Rows    []Indicator `json:"rows" nullable:"false"`
		Series  []ReportRow `json:"series" nullable:"false" doc:"By day."`
		ByHour  []ReportRow `json:"by_hour" nullable:"false" doc:"Of the day, 00…23."`
		ByQueue []ReportRow `json:"by_queue" nullable:"false"`
		ByAgent []ReportRow `json:"by_agent" nullable:"false"`
	}
}

// longestReport is the most that is reported at once.
const longestReport = 366 * 24 * time.Hour

func (a *API) reports() {
	if a.cfg.Archive == nil {
		return
	}
	huma.Register(a.huma, a.operation("get-report", http.MethodGet, "/reports", "统计报表 The numbers of a span of time", needReports), func(ctx context.Context, in *reportInput) (*reportOutput, error) {
		s, r, err := a.report(ctx, callerOf(ctx), in, func(records.Record) error { return nil })
		if err != nil {
			return nil, a.failed(ctx, err)
		}
		out := &reportOutput{}
		out.Body.From, out.Body.To = s.From, s.To
		for _, i := range report.Indicators() {
			out.Body.Rows = append(out.Body.Rows, indicatorOf(i, r.Total.Figures[i.ID]))
		}
		out.Body.Series, out.Body.ByHour = rowsOf(r.Days, "day", nil), rowsOf(r.Hours, "hour", nil)
		out.Body.ByQueue, out.Body.ByAgent = rowsOf(r.Queues, "id", a.nameOf), rowsOf(r.Agents, "id", a.nameOf)
		return out, nil
	})
	a.exports()
}

// spanOf reads what a report is to be about.
func (a *API) spanOf(in *reportInput) (report.Span, error) {
	const op = "make report"
	now := a.cfg.Now()
	s := report.Span{From: in.From, To: in.To, Location: a.cfg.Location, Queue: in.Queue, Now: now}
	if s.To.IsZero() {
		s.To = now
	}
	if s.From.IsZero() {
		year, month, day := s.To.In(a.cfg.Location).Date()
		s.From = time.Date(year, month, day-6, 0, 0, 0, 0, a.cfg.Location)
	}
	switch {
	case !s.From.Before(s.To):
		return s, hotline.Errorf(op, hotline.CodeInvalid, "开始时间应早于结束时间 from is not before to")
	case s.To.Sub(s.From) > longestReport:
		return s, hotline.Errorf(op, hotline.CodeInvalid, "一次最多统计 366 天 at most 366 days at once")
	}
	return s, nil
}

// report works a report out and hands on every record in it.
func (a *API) report(ctx context.Context, who identity, in *reportInput, each func(records.Record) error) (report.Span, report.Report, error) {
	s, err := a.spanOf(in)
	if err != nil {
		return s, report.Report{}, err
	}
	leave, err := a.heavy.begin(who.agent())
	if err != nil {
		return s, report.Report{}, err
	}
	defer leave()
	b := report.NewBuilder(s)
	err = a.cfg.Store.EachRecord(ctx, s.From.Add(-report.Before), s.To, func(r records.Record) error {
		if !b.Add(r) {
			return nil
		}
		return each(r)
	})
	if err != nil {
		return s, report.Report{}, err
	}
	calls, err := a.cfg.Store.CallbacksBetween(ctx, s.From, s.To)
	for _, c := range calls {
		b.AddCallback(c)
	}
	return s, b.Report(), err
}

func (a *API) nameOf(id string) string {
	if a.cfg.Archive.NameOf != nil {
		if name := a.cfg.Archive.NameOf(id); name != "" {
			return name
		}
	}
	return id
}

func indicatorOf(i report.Indicator, f report.Figure) Indicator {
	return Indicator{
		ID: i.ID, Name: i.Name.ZH, NameEN: i.Name.EN, Value: f.Value, Unit: string(i.Unit), Numerator: f.Numerator, Denominator: f.Denominator,
		Excluded: f.Excluded, Why: f.Why.ZH, WhyEN: f.Why.EN, At: optionalTime(f.At), Target: i.Target, Definition: i.Definition.ZH, DefinitionEN: i.Definition.EN, Standard: i.Standard,
	}
}

func rowsOf(groups []report.Group, key string, name func(string) string) []ReportRow {
	rows := make([]ReportRow, len(groups))
	for i, g := range groups {
		rows[i] = ReportRow{
			key: g.Key, "conversations": g.Counts.Conversations, "requests": g.Counts.Requests, "answered": g.Counts.Answered,
			"abandoned": g.Counts.Abandoned, "short_abandoned": g.Counts.Short, "open": g.Counts.Open,
		}
		if name != nil {
			rows[i]["name"] = name(g.Key)
		}
		for id, f := range g.Figures {
			rows[i][id] = f.Value
		}
	}
	return rows
}
