package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/xuri/excelize/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/report"
)

const typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// mostCalls is how many conversations a workbook lists.
const mostCalls = 100_000

func (a *API) exports() {
	op := a.bare("export-report", http.MethodGet, "/reports/export.xlsx", "导出报表 The numbers as a workbook", needReports)
	op.Description = "Sheets: indicators with their definitions, by day, hour, queue and agent, and the conversations (100,000 at most, numbers masked)."
	text := func(name, doc, format string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString, Format: format}}
	}
	queue := text("queue", "", "")
	queue.Schema.MaxLength = pointer(64)
	op.Parameters = []*huma.Param{text("from", "From then on; without it, from the beginning of the sixth day before.", "date-time"), text("to", "To just before; without it, until now.", "date-time"), queue}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The workbook", Content: map[string]*huma.MediaType{typeXLSX: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	a.raw(op, needReports, a.exportReport)
}

func (a *API) exportReport(w http.ResponseWriter, r *http.Request, who identity) {
	in, err := spanIn(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	book := newBook()
	defer func() { _ = book.file.Close() }() // temporary files
	listed := 0
	calls := book.sheet(sheetCalls, callColumns)
	s, made, err := a.report(r.Context(), who, in, func(c records.Record) error {
		if listed++; listed > mostCalls {
			return nil
		}
		return calls.row(callRow(c, a.cfg.Location)...)
	})
	if err == nil {
		subject := s.From.Format(time.RFC3339) + "…" + s.To.Format(time.RFC3339)
		err = a.audit(r.Context(), who, ActionExport, subject, in.Queue)
	}
	if err == nil {
		if err = errors.Join(book.report(made, a.nameOf), book.close()); err != nil {
			err = hotline.Errorf("write workbook", hotline.CodeUnavailable, "%w", err)
		}
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	name := fmt.Sprintf("hotline-%s-%s.xlsx", s.From.In(a.cfg.Location).Format("20060102"), s.To.Add(-1).In(a.cfg.Location).Format("20060102"))
	w.Header().Set("Content-Type", typeXLSX)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if err := book.file.Write(w); err != nil {
		a.log.Warn("workbook not sent", "error", err)
	}
}

// spanIn reads the parameters of an export as huma reads those of a report.
func spanIn(r *http.Request) (*reportInput, error) {
	in := &reportInput{Queue: r.URL.Query().Get("queue")}
	if len([]rune(in.Queue)) > 64 {
		return nil, hotline.Errorf(opParameters, hotline.CodeInvalid, "参数 queue 太长 the parameter is too long")
	}
	for name, at := range map[string]*time.Time{"from": &in.From, "to": &in.To} {
		if !r.URL.Query().Has(name) {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, r.URL.Query().Get(name)); err != nil {
			return nil, hotline.Errorf(opParameters, hotline.CodeInvalid, "参数 %s 不是时间 the parameter is no time, as 2026-11-24T00:00:00+08:00", name)
		}
	}
	return in, nil
}

var callColumns = []string{
	"会话 Conversation", "渠道 Channel", "主叫 Caller", "开始 Started", "结束 Ended", "队列 Queue", "坐席 Agents", "等待秒 Waited s", "通话秒 Talked s",
	"结果 Outcome", "评价 Rating", "轮次 Turns", "摘要 Summary",
}

func callRow(r records.Record, in *time.Location) []any {
	ended, caller, summary := any(""), masked(r.Caller), r.Summary
	if r.Over() {
		ended = r.Ended.In(in).Format(time.DateTime)
	}
	if r.Confidential {
		summary = ""
	}
	return []any{
		string(r.Conversation), string(r.Channel), caller, r.Started.In(in).Format(time.DateTime), ended, r.Queue, strings.Join(r.Agents, " "),
		r.Waited.Seconds(), r.Talked.Seconds(), string(r.Outcome), r.Rating, r.Turns, summary,
	}
}

// book is a workbook being written.
type book struct {
	file *excelize.File
	open []*sheet
	err  error
}

// sheet is one table of it, written from the top down.
type sheet struct {
	out *excelize.StreamWriter
	at  int // rows written
	err error
}

// The sheets, in their order.
const (
	sheetIndicators = "指标 Indicators"
	sheetDays       = "按日 By day"
	sheetHours      = "按小时 By hour"
	sheetQueues     = "按队列 By queue"
	sheetAgents     = "按坐席 By agent"
	sheetCalls      = "会话 Calls"
)

func newBook() *book {
	b := &book{file: excelize.NewFile()}
	for _, name := range []string{sheetIndicators, sheetDays, sheetHours, sheetQueues, sheetAgents, sheetCalls} {
		_, err := b.file.NewSheet(name)
		b.err = errors.Join(b.err, err)
	}
	return b
}

// sheet begins a table. What goes wrong is told by close.
func (b *book) sheet(name string, columns []string) *sheet {
	s := &sheet{}
	b.open = append(b.open, s)
	if s.out, s.err = b.file.NewStreamWriter(name); s.err != nil {
		return s
	}
	s.err = errors.Join(s.out.SetColWidth(1, len(columns), 18), s.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	head := make([]any, len(columns))
	for i, c := range columns {
		head[i] = c
	}
	s.err = errors.Join(s.err, s.row(head...))
	return s
}

func (s *sheet) row(values ...any) error {
	if s.err != nil {
		return s.err
	}
	s.at++
	for i, v := range values {
		if text, ok := v.(string); ok {
			values[i] = harmless(text)
		}
	}
	s.err = s.out.SetRow(fmt.Sprintf("A%d", s.at), values)
	return s.err
}

// harmless keeps a text from being taken for a formula, also when the table is saved as CSV and opened again.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

func (b *book) close() error {
	b.err = errors.Join(b.err, b.file.DeleteSheet("Sheet1"))
	for _, s := range b.open {
		if s.err == nil {
			s.err = s.out.Flush()
		}
		b.err = errors.Join(b.err, s.err)
	}
	return b.err
}

// report writes the sheets of numbers.
func (b *book) report(r report.Report, name func(string) string) error {
	rows := b.sheet(sheetIndicators, []string{
		"指标 Indicator", "Indicator", "数值 Value", "单位 Unit", "分子 Numerator", "分母 Denominator", "除外 Excluded", "说明 Why missing", "定义", "Definition", "依据 Standard", "目标 Target",
	})
	for _, i := range report.Indicators() {
		f := r.Total.Figures[i.ID]
		var target any = ""
		if i.Target != nil {
			target = *i.Target
		}
		why := strings.TrimSpace(f.Why.ZH + " " + f.Why.EN)
		_ = rows.row(i.Name.ZH, i.Name.EN, cellOf(f), string(i.Unit), f.Numerator, f.Denominator, f.Excluded, why, i.Definition.ZH, i.Definition.EN, i.Standard, target) // told by close
	}
	same := func(key string) string { return key }
	for _, g := range []struct {
		title  string
		groups []report.Group
		name   func(string) string
	}{{sheetDays, r.Days, same}, {sheetHours, r.Hours, same}, {sheetQueues, r.Queues, name}, {sheetAgents, r.Agents, name}} {
		b.groups(g.title, g.groups, g.name)
	}
	first, err := b.file.GetSheetIndex(sheetIndicators)
	b.file.SetActiveSheet(first)
	return err
}

func (b *book) groups(title string, groups []report.Group, name func(string) string) {
	columns := []string{strings.Fields(title)[0], "会话 Conversations", "请求人工 Requests", "接通 Answered", "放弃 Abandoned", "短时放弃 Short", "等待中 Open"}
	var ids []string
	for _, i := range report.Indicators() {
		if !i.Windows {
			columns, ids = append(columns, i.Name.ZH+" "+i.Name.EN), append(ids, i.ID)
		}
	}
	s := b.sheet(title, columns)
	for _, g := range groups {
		c := g.Counts
		row := []any{name(g.Key), c.Conversations, c.Requests, c.Answered, c.Abandoned, c.Short, c.Open}
		for _, id := range ids {
			row = append(row, cellOf(g.Figures[id]))
		}
		_ = s.row(row...) // told by close
	}
}

// cellOf is a number, or nothing.
func cellOf(f report.Figure) any {
	if f.Value == nil {
		return ""
	}
	return *f.Value
}
