package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/records"
	"github.com/hotline-cc/hotline/store/db"
)

// ledger is an Auditor that can fail.
type ledger struct {
	mu   sync.Mutex
	list []Access
	fail error
}

func (l *ledger) Audit(_ context.Context, a Access) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.list = append(l.list, a)
	}
	return l.fail
}

// actions returns what was noted since the last time.
func (l *ledger) actions() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for _, a := range l.list {
		list = append(list, strings.TrimSpace(a.Action+" "+a.Detail))
	}
	l.list = nil
	return strings.Join(list, ", ")
}

var china = time.FixedZone("CST", 8*60*60)

// archive is a rig with two calls of an agent and one of nobody, one of them confidential, and the sound of the first.
type archive struct {
	*rig
	ledger                        *ledger
	first, secret, alone          hotline.ConversationID
	agent, stranger, boss, reader string // keys
	started                       time.Time
	hold                          func(after time.Duration, bodies ...hotline.EventBody) hotline.ConversationID // keeps one more
}

func withArchive(t *testing.T, change ...func(*Config)) *archive {
	t.Helper()
	a := &archive{ledger: &ledger{}, started: time.Date(2026, 11, 24, 9, 0, 0, 0, china)}
	root, logs := t.TempDir(), map[hotline.ConversationID][]hotline.Event{}
	a.rig = start(t, append([]func(*Config){func(c *Config) {
		c.Location = china
		c.Archive = &Archive{Recordings: root, Auditor: a.ledger, Events: func(_ context.Context, id hotline.ConversationID) ([]hotline.Event, error) {
			if logs[id] == nil {
				return nil, hotline.Errorf("read", hotline.CodeNotFound, "none")
			}
			return logs[id], nil
		}}
	}}, change...)...)
	k, agent := NewKey("agent", []string{ScopeDesk})
	if err := a.store.PutKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	a.agent, a.stranger, a.boss, a.reader = agent, a.key(ScopeDesk), a.key(ScopeSupervise), a.key(ScopeRead)
	a.hold = func(after time.Duration, bodies ...hotline.EventBody) hotline.ConversationID {
		at := a.started.Add(after)
		id := hotline.NewConversationID(at)
		for i, b := range bodies {
			logs[id] = append(logs[id], hotline.Event{Conversation: id, Seq: uint64(i + 1), At: at.Add(time.Duration(i) * time.Second), Body: b})
		}
		r := records.Of(logs[id], records.Aside{})
		if err := a.store.PutRecords(t.Context(), []records.Record{r}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	begun := hotline.Started{Channel: hotline.ChannelPhone, From: "13800138000"}
	joined := hotline.Joined{Party: k.ID, Role: "agent"}
	a.first = a.hold(0, begun, hotline.Heard{Turn: 1, Text: "=1+1社保卡丢了", SpeechMS: 500}, hotline.HandedOver{Queue: "=general", Category: "housing.fund"}, joined, hotline.Ended{By: "caller"})
	a.secret = a.hold(time.Minute, begun, hotline.Decided{What: "confidential"}, hotline.Heard{Turn: 1, Text: "举报社保"}, hotline.HandedOver{Queue: "tax", Category: "housing.fund"}, joined, hotline.Ended{})
	a.alone = a.hold(2*time.Minute, begun, hotline.Heard{Turn: 1, Text: "你好"}, hotline.Ended{})
	sound(t, root, a.first, a.started)
	return a
}

// sound records a second: a tone on the left, silence on the right.
func sound(t *testing.T, root string, id hotline.ConversationID, start time.Time) {
	t.Helper()
	dir := filepath.Join(root, start.Local().Format("2006/01/02"), string(id))
	pcm := make([]int16, 16000)
	pcm[0] = 32767
	m, err := json.Marshal(record.Manifest{
		Version: 2, Conversation: id, Start: start, Rate: 8000, Closed: start.Add(time.Second),
		Segments: []record.Segment{{File: "0001.wav", Samples: 8000, SHA256: "x", Channels: []string{"caller", "hotline"}}},
	})
	if err := errors.Join(err, os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, record.ManifestName), m, 0o600),
		os.WriteFile(filepath.Join(dir, "0001.wav"), wav.Append(nil, pcm, media.Format{Rate: 8000, Channels: 2}), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (a *archive) list(token, query string) (ids []hotline.ConversationID, items []Record, next string) {
	a.t.Helper()
	var out struct {
		Items []Record
		Next  string
	}
	a.want(200, "GET", Base+"/records"+query, token, nil).into(a.t, &out)
	for _, r := range out.Items {
		ids = append(ids, r.Conversation)
	}
	return ids, out.Items, out.Next
}

func TestEverybodySeesTheirPartOfTheRecords(t *testing.T) {
	a := withArchive(t)
	for name, c := range map[string]struct {
		token, query string
		want         []hotline.ConversationID
	}{
		"a supervisor sees all":              {a.boss, "", []hotline.ConversationID{a.alone, a.secret, a.first}},
		"a system too":                       {a.reader, "", []hotline.ConversationID{a.alone, a.secret, a.first}},
		"an agent sees their own":            {a.agent, "", []hotline.ConversationID{a.secret, a.first}},
		"another agent sees nothing":         {a.stranger, "?q=" + url.QueryEscape("社保"), nil},
		"confidential ones are not searched": {a.boss, "?q=" + url.QueryEscape("社保"), []hotline.ConversationID{a.first}},
		"of an outcome":                      {a.boss, "?outcome=bot", []hotline.ConversationID{a.alone}},
		"of a time":                          {a.boss, "?from=2026-11-24T01:01:00Z&to=2026-11-24T09:02:00%2B08:00", []hotline.ConversationID{a.secret}},
		"of a caller":                        {a.boss, "?caller=110", nil},
		"of a category, not confidential":    {a.boss, "?category=housing.fund", []hotline.ConversationID{a.first}},
		"of all that is under a category":    {a.boss, "?category=housing", []hotline.ConversationID{a.first}},
		"of a category that is not there":    {a.boss, "?category=none", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if ids, _, _ := a.list(c.token, c.query); !slices.Equal(ids, c.want) {
				t.Errorf("records %v, want %v", ids, c.want)
			}
		})
	}
	_, items, next := a.list(a.reader, "?limit=2")
	if len(items) != 2 || items[0].Caller != "138****8000" || items[1].Summary != "" || items[1].Category != "" || !items[1].Confidential {
		t.Errorf("as a system sees them: %+v", items)
	}
	if ids, _, end := a.list(a.reader, "?limit=2&before="+next); !slices.Equal(ids, []hotline.ConversationID{a.first}) || end != "" {
		t.Errorf("second page %v, then %q", ids, end)
	}
	if _, items, _ := a.list(a.boss, "?limit=3"); items[0].Caller != "13800138000" || items[1].Caller != "138****8000" {
		t.Errorf("as a supervisor sees them: %+v", items)
	}
	for path, status := range map[string]int{"?q=%E7%A4%BE": 422, "?before=-": 422, "?limit=0": 422, "?outcome=x": 422} {
		a.want(status, "GET", Base+"/records"+path, a.boss, nil)
	}
	a.want(403, "GET", Base+"/records", a.key(ScopeKnowledge), nil)
}

func TestOpeningARecordIsNoted(t *testing.T) {
	a := withArchive(t)
	reason := "?reason=" + url.QueryEscape("投诉复核")
	for name, c := range map[string]struct {
		token  string
		id     hotline.ConversationID
		query  string
		status int
		noted  string
	}{
		"own":                               {a.agent, a.first, "", 200, "record.read"},
		"of another":                        {a.stranger, a.first, "", 404, ""},
		"of nobody":                         {a.agent, a.alone, "", 404, ""},
		"one that is not there":             {a.boss, hotline.NewConversationID(a.started), "", 404, ""},
		"by a system":                       {a.reader, a.first, "", 200, "record.read"},
		"confidential, own":                 {a.agent, a.secret, reason, 403, ""},
		"confidential, by a system":         {a.reader, a.secret, reason, 403, ""},
		"confidential, without a reason":    {a.boss, a.secret, "", 403, ""},
		"confidential, with a blank reason": {a.boss, a.secret, "?reason=%20", 403, ""},
		"confidential, with a reason":       {a.boss, a.secret, reason, 200, "record.read 投诉复核"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, part := range []string{"", "/audio", "/peaks"} {
				status := c.status
				if part != "" && status == 200 && c.id != a.first {
					status = 404 // it has no sound
				}
				a.want(status, "GET", Base+"/records/"+string(c.id)+part+c.query, c.token, nil)
				if got := a.ledger.actions(); part == "" && got != c.noted {
					t.Errorf("noted %q, want %q", got, c.noted)
				}
			}
		})
	}
	a.ledger.fail = errors.New("the disk is full")
	a.want(503, "GET", Base+"/records/"+string(a.first), a.boss, nil)
	a.want(503, "GET", Base+"/records/"+string(a.first)+"/audio", a.boss, nil)
}

func TestARecordIsReplayed(t *testing.T) {
	a := withArchive(t)
	var out struct {
		Record     Record
		Events     []hotline.Event
		Channels   []Channel
		DurationMS int64 `json:"duration_ms"`
		Marks      []Mark
	}
	a.want(200, "GET", Base+"/records/"+string(a.first), a.agent, nil).into(t, &out)
	if out.Record.Caller != "13800138000" || *out.Record.WaitedMS != 1000 || *out.Record.TalkedMS != 1000 || out.Record.Outcome != "answered" || !out.Record.Recording {
		t.Errorf("record %+v", out.Record)
	}
	if len(out.Events) != 5 || len(out.Channels) != 2 || out.DurationMS != 1000 {
		t.Errorf("%d events, channels %v, %d ms", len(out.Events), out.Channels, out.DurationMS)
	}
	if diff := cmp.Diff([]Mark{{500, "caller", "=1+1社保卡丢了", 2}}, out.Marks); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	path := Base + "/records/" + string(a.first)
	a.ledger.actions()
	whole := a.want(200, "GET", path+"/audio?channel=caller", a.agent, nil)
	if whole.header.Get("Content-Length") != "16044" || len(whole.body) != 16044 || whole.header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%d bytes, %v", len(whole.body), whole.header)
	}
	part := a.want(206, "GET", path+"/audio?channel=caller", a.agent, nil, "Range: bytes=40-47")
	if !bytes.Equal(part.body, whole.body[40:48]) {
		t.Errorf("part %v", part.body)
	}
	if got := a.ledger.actions(); got != "record.listen" {
		t.Errorf("one listening is noted as %q", got)
	}
	a.ahead.Store(int64(listening))
	a.want(200, "GET", path+"/audio", a.agent, nil)
	if got := a.ledger.actions(); got != "record.listen" {
		t.Errorf("another listening is noted as %q", got)
	}
	a.want(416, "GET", path+"/audio", a.agent, nil, "Range: bytes=99999-")
	a.want(404, "GET", path+"/audio?channel=nobody", a.agent, nil)
	a.want(422, "GET", path+"/audio?chanel=caller", a.agent, nil)
	var peaks struct{ Channels [][]float64 }
	a.want(200, "GET", path+"/peaks?n=2", a.agent, nil).into(t, &peaks)
	if diff := cmp.Diff([][]float64{{1, 0}, {0, 0}}, peaks.Channels); diff != "" {
		t.Errorf("peaks (-want +got):\n%s", diff)
	}
}

const reportOfTheDay = "?from=2026-11-24T00:00:00%2B08:00&to=2026-11-25T00:00:00%2B08:00"

func TestReports(t *testing.T) {
	a := withArchive(t)
	var out struct {
		Rows            []Indicator
		Series, ByQueue []map[string]any
	}
	a.want(200, "GET", Base+"/reports"+reportOfTheDay, a.boss, nil).into(t, &out)
	values := map[string]any{}
	for _, i := range out.Rows {
		if values[i.ID] = i.Value; i.Value != nil {
			values[i.ID] = *i.Value
		}
		if i.Definition == "" || i.Value == nil && i.Why == "" {
			t.Errorf("%+v is not explained", i)
		}
	}
	for id, want := range map[string]float64{"answered_15s": 1, "bot_share": 1. / 3, "connect_24h": 1, "wait_avg": 1} {
		if values[id] != want {
			t.Errorf("%s is %v, want %v", id, values[id], want)
		}
	}
	if len(out.Series) != 1 || out.Series[0]["day"] != "2026-11-24" || out.Series[0]["conversations"] != 3. || out.Series[0]["satisfaction"] != nil {
		t.Errorf("days %v", out.Series)
	}
	a.want(403, "GET", Base+"/reports", a.agent, nil)
	a.want(200, "GET", Base+"/reports", a.boss, nil)
	for _, bad := range []string{"?from=2026-11-24T00:00:00Z&to=2026-11-24T00:00:00Z", "?from=2020-11-24T00:00:00Z", "?from=yesterday"} {
		a.want(422, "GET", Base+"/reports"+bad, a.boss, nil)
		a.want(422, "GET", Base+"/reports/export.xlsx"+bad, a.boss, nil)
	}
}

func TestAWorkbookHoldsTheReportAndNoFormula(t *testing.T) {
	a := withArchive(t)
	got := a.want(200, "GET", Base+"/reports/export.xlsx"+reportOfTheDay, a.boss, nil)
	if noted := a.ledger.actions(); noted != ActionExport {
		t.Errorf("noted %q", noted)
	}
	book, err := excelize.OpenReader(bytes.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if diff := cmp.Diff([]string{"指标 Indicators", "按日 By day", "按小时 By hour", "按队列 By queue", "按坐席 By agent", "会话 Calls"}, book.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	cell := func(sheet, at string) string {
		t.Helper()
		v, err := book.GetCellValue(sheet, at)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := book.GetCellFormula(sheet, at); f != "" || err != nil {
			t.Errorf("%s %s holds the formula %q, %v", sheet, at, f, err)
		}
		return v
	}
	for at, want := range map[[2]string]string{
		{"指标 Indicators", "C2"}: "1", {"按日 By day", "A2"}: "2026-11-24", {"按队列 By queue", "A2"}: "'=general",
		{"会话 Calls", "A2"}: string(a.first), {"会话 Calls", "C2"}: "138****8000", {"会话 Calls", "D2"}: "2026-11-24 09:00:00", {"会话 Calls", "F2"}: "'=general",
		{"会话 Calls", "M2"}: "'=1+1社保卡丢了", {"会话 Calls", "M3"}: "", {"会话 Calls", "A5"}: "",
	} {
		if v := cell(at[0], at[1]); v != want {
			t.Errorf("%v is %q, want %q", at, v, want)
		}
	}
}

func TestCallbacksAndCannedAnswers(t *testing.T) {
	a := withArchive(t)
	task := records.CallbackTask{ID: "c1", Number: "13800138000", Since: a.started, State: records.CallbackOpen, Reason: records.WhyMissed, Queue: "tax"}
	if err := a.store.KeepDesk(t.Context(), []db.DeskEntry{{Callback: &task}}); err != nil {
		t.Fatal(err)
	}
	const callbacks = Base + "/desk/callbacks"
	listed := func(state, token, want string) {
		t.Helper()
		var list struct{ Items []Callback }
		a.want(200, "GET", callbacks+"?state="+state, token, nil).into(t, &list)
		if len(list.Items) != 1 || strings.TrimSpace(list.Items[0].Number+" "+list.Items[0].Remark) != want {
			t.Errorf("%s: %+v, want %s", state, list.Items, want)
		}
	}
	listed("open", a.agent, "138****8000")
	listed("open", a.boss, "13800138000")
	a.want(200, "POST", callbacks+"/c1/take", a.agent, nil)
	listed("taken", a.agent, "13800138000")
	listed("taken", a.stranger, "138****8000")
	a.want(409, "POST", callbacks+"/c1/take", a.stranger, nil)
	a.want(409, "POST", callbacks+"/c1/outcome", a.stranger, object{"outcome": "reached"})
	a.want(422, "POST", callbacks+"/c1/outcome", a.agent, object{"outcome": "lost"})
	a.want(200, "POST", callbacks+"/c1/outcome", a.agent, object{"outcome": "reached", "note": "已答复"})
	a.want(404, "POST", callbacks+"/c2/take", a.agent, nil)
	listed("done", a.boss, "13800138000 已答复")
	listed("done", a.agent, "13800138000 已答复")
	listed("done", a.stranger, "138****8000")
	a.want(403, "GET", callbacks, a.reader, nil)

	const canned = Base + "/desk/canned"
	a.want(200, "PUT", canned+"/hi", a.boss, object{"title": "问候", "text": "您好", "keys": "nh"})
	a.want(403, "PUT", canned+"/hi", a.agent, object{"title": "问候", "text": "您好"})
	a.want(422, "PUT", canned+"/hi", a.boss, object{"title": " ", "text": "您好"})
	var items struct{ Items []Canned }
	a.want(200, "GET", canned, a.agent, nil).into(t, &items)
	if diff := cmp.Diff([]Canned{{"hi", "问候", "您好", "nh"}}, items.Items); diff != "" {
		t.Errorf("canned (-want +got):\n%s", diff)
	}
	a.want(204, "DELETE", canned+"/hi", a.boss, nil)
	a.want(404, "DELETE", canned+"/hi", a.boss, nil)
}
