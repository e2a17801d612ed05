package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store/db"
)

// BenchChatCmd is "hotline bench chat".
type BenchChatCmd struct {
	Users  int           `help:"People who write at the same time." default:"1000"`
	Every  time.Duration `help:"Between two messages of one of them." default:"5s"`
	Length time.Duration `help:"How long they write." default:"60s"`
}

// Run measures and prints.
func (*BenchChatCmd) Run(env *Env, parent *BenchCmd) error { return parent.one(env, "chat") }

// chatResult is what came out.
type chatResult struct {
	Users     int            `json:"users"`
	Messages  int            `json:"messages"`
	PerSecond float64        `json:"per_second"`
	Answered  measure.Spread `json:"answered"` // message sent to the whole answer received
	P99       float64        `json:"p99_ms"`
	Errors    int            `json:"errors"`
	FirstErr  string         `json:"first_error,omitempty"`
	CPU       float64        `json:"cpu_ms_per_message"` // of the gateway
	IdleKiB   float64        `json:"idle_kib_per_conversation"`
	StreamKiB float64        `json:"stream_kib_per_conversation"` // with an event stream open
}

func (c *chatResult) rows() []measure.Row {
	return []measure.Row{
		measure.Plain("消息 messages", "%d of %d users, %.0f a second", c.Messages, c.Users, c.PerSecond),
		measure.Plain("消息 → 回答 message to answer", "p50 %.1f ms, p95 %.1f ms, max %.1f ms", c.Answered.P50, c.Answered.P95, c.Answered.Max),
		measure.AtMost("p99", c.P99, 100, " ms"),
		{What: "失败 errors", Got: fmt.Sprint(c.Errors), Want: "0", Verdict: measure.Judge(c.Errors == 0)},
		measure.Plain("网关处理器 gateway CPU per message", "%.2f ms", c.CPU),
		measure.Plain("空闲会话内存 memory per idle conversation", "%.1f KiB, %.1f KiB with an event stream", c.IdleKiB, c.StreamKiB),
	}
}

// fault tells of messages that were not answered.
func (c *chatResult) fault() error {
	if c.Errors == 0 {
		return nil
	}
	return hotline.Errorf("write", hotline.CodeUnavailable, "%d 条消息没有得到回答 messages were not answered; the first: %s", c.Errors, c.FirstErr)
}

func (c *BenchChatCmd) measure(b bench) (measured, error) {
	users, length := c.Users, c.Length
	if b.Quick {
		users, length = min(users, 100), 10*time.Second
	}
	r, err := b.start(b.env.Ctx, kindDialog)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.close() }() // measured is measured
	w, err := newWriters(b.env.Ctx, r, users)
	if err != nil {
		return nil, err
	}
	result := &chatResult{Users: users}
	if err := w.begin(b.env.Ctx, result); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, r.log.String())
	}
	used, err := r.cpu()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	times := w.write(b.env.Ctx, c.Every, length)
	took := time.Since(began)
	after, err := r.cpu()
	if len(times) == 0 {
		return nil, hotline.Errorf("write", hotline.CodeUnavailable, "no message was answered: %s\n%s", w.first, r.log.String())
	}
	result.Messages, result.PerSecond = len(times), float64(len(times))/took.Seconds()
	result.Answered, result.P99 = times.Spread(), measure.MS(times.Percentile(99))
	result.CPU = measure.MS(after-used) / float64(len(times))
	result.Errors, result.FirstErr = w.errors, w.first
	return result, err
}

// writers are people who write to a gateway, each over a connection of their own.
type writers struct {
	rig       *rig
	key       string
	client    *http.Client
	questions []string
	talks     []talk

	mu     sync.Mutex
	times  measure.Times
	errors int
	first  string
}

// talk is one conversation.
type talk struct{ ID, Token string }

func newWriters(ctx context.Context, r *rig, users int) (*writers, error) {
	p, err := packs.Open("")
	if err != nil {
		return nil, err
	}
	w := &writers{rig: r, talks: make([]talk, users)}
	for e := range p.Base.All() {
		w.questions = append(w.questions, e.Wordings()...)
	}
	store, err := db.Open(ctx, db.Config{Dir: r.dir})
	if err != nil {
		return nil, err
	}
	k, text := api.NewKey("bench", []string{api.ScopeChat})
	w.key = text
	if err := store.PutKey(ctx, k); err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	w.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: 2 * users, MaxIdleConnsPerHost: 2 * users, IdleConnTimeout: 5 * time.Minute}}
	return w, nil
}

func (w *writers) post(ctx context.Context, path, token string, body, into any) error {
	_, err := restClient{address: w.rig.HTTP, token: token, http: w.client}.post(ctx, path, "", body, into)
	return err
}

func (w *writers) open(ctx context.Context, user int) error {
	w.talks[user] = talk{}
	return w.post(ctx, "/conversations", w.key, map[string]string{"channel": "text"}, &w.talks[user])
}

// begin opens all conversations and measures what they take while nothing happens in them.
func (w *writers) begin(ctx context.Context, result *chatResult) error {
	if err := w.open(ctx, 0); err != nil { // what is made once must not count
		return err
	}
	before, err := w.resting(ctx)
	if err != nil {
		return err
	}
	for i := range w.talks {
		if err := w.open(ctx, i); err != nil {
			return err
		}
	}
	w.client.CloseIdleConnections()
	idle, err := w.resting(ctx)
	if err != nil {
		return err
	}
	streams, stop := context.WithCancel(ctx)
	defer stop()
	for _, t := range w.talks {
		request, err := http.NewRequestWithContext(streams, http.MethodGet, "http://"+w.rig.HTTP+api.Base+"/conversations/"+t.ID+"/stream?token="+t.Token, nil)
		if err != nil {
			return err
		}
		response, err := (&http.Client{Transport: w.client.Transport}).Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }() // ends with the context
	}
	watched, err := w.resting(ctx)
	kib := func(from, to int64) float64 { return float64(to-from) / 1024 / float64(len(w.talks)) }
	result.IdleKiB, result.StreamKiB = kib(before, idle), kib(idle, watched)
	return err
}

// resting returns the memory of the gateway once it has come to rest.
func (w *writers) resting(ctx context.Context) (int64, error) {
	if err := sleep(ctx, settleFor); err != nil {
		return 0, err
	}
	return w.rig.rss()
}

// write has everybody write until length has passed and returns how long the answers took.
func (w *writers) write(ctx context.Context, every, length time.Duration) measure.Times {
	end := time.Now().Add(length)
	var all sync.WaitGroup
	for user := range w.talks {
		all.Go(func() {
			wait := time.Duration(rand.Int64N(int64(every))) // they do not write in step
			for sleep(ctx, wait) == nil && time.Now().Before(end) {
				began := time.Now()
				w.say(ctx, user)
				wait = every - time.Since(began)
			}
		})
	}
	all.Wait()
	return w.times
}

// say asks a question; a conversation that has ended is followed by another one.
func (w *writers) say(ctx context.Context, user int) {
	var answer struct{ Events []hotline.Event }
	question := w.questions[rand.IntN(len(w.questions))]
	t, began := w.talks[user], time.Now()
	err := w.post(ctx, "/conversations/"+t.ID+"/messages", t.Token, map[string]string{"text": question}, &answer)
	took := time.Since(began)
	if n := len(answer.Events); err == nil && n > 0 && answer.Events[n-1].Body.Kind() == (hotline.Ended{}).Kind() {
		err = w.open(ctx, user)
	}
	w.note(took, err)
}

func (w *writers) note(took time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.errors++
		if w.first == "" {
			w.first = strings.TrimSpace(err.Error())
		}
		return
	}
	w.times = append(w.times, took)
}
