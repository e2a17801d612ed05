package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/hotline-cc/hotline"
)

// Bounds of what reads much.
const (
	heavyTogether = 8
	heavyEach     = 2 // of one who asks
	listenWithin  = 15 * time.Minute
)

type peaksInput struct {
	Opening
	N int `query:"n" minimum:"1" maximum:"4000" default:"1000" doc:"Stretches of equal length."`
}

type peaksOutput struct {
	Body struct {
		Channels [][]float64 `json:"channels" nullable:"false" doc:"By channel: the loudest sample of each stretch, 0…1. Fewer than asked for when the recording is short."`
	}
}

func (a *API) recordings() {
	if a.cfg.Archive == nil {
		return
	}
	const one = "/records/{id}"
	huma.Register(a.huma, a.operation("get-peaks", http.MethodGet, one+"/peaks", "波形 How loud a recording is", needRecords, http.StatusNotFound), a.peaks)

	op := a.bare("get-audio", http.MethodGet, one+"/audio", "听录音 Listen to a recording", needRecords, http.StatusNotFound)
	op.Description = "WAV, 16 bits, one channel: that of a side, or all mixed. Parts are had by Range. Each listening is kept in the audit record."
	op.Parameters = []*huma.Param{
		{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9a-v]{26}$"}},
		{Name: "channel", In: "query", Description: "Name of a channel; none is all mixed.", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: pointer(32)}},
		reasonParam(),
	}
	sound := map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op.Responses = map[string]*huma.Response{"200": {Description: "All of it", Content: sound}, "206": {Description: "The part that was asked for", Content: sound},
		"416": {Description: "There is no such part"}}
	a.raw(op, needRecords, a.audio)
}

func pointer[T any](v T) *T { return &v }

func (a *API) peaks(ctx context.Context, in *peaksInput) (*peaksOutput, error) {
	who := callerOf(ctx)
	r, err := a.mayOpen(ctx, who, in.ID, in.Reason, ScopeRead)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	leave, err := a.heavy.begin(who.agent())
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	defer leave()
	sound, err := a.sound(r)
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	out := &peaksOutput{}
	if out.Body.Channels, err = sound.Peaks(ctx, in.N); err != nil {
		return nil, a.failed(ctx, hotline.Errorf("draw peaks", hotline.CodeInternal, "%w", err))
	}
	return out, nil
}

func (a *API) audio(w http.ResponseWriter, r *http.Request, who identity) {
	id, query := hotline.ConversationID(chi.URLParam(r, "id")), r.URL.Query()
	for name, most := range map[string]int{"channel": 32, "reason": maxReason} {
		if len([]rune(query.Get(name))) > most {
			a.refuse(w, r, hotline.Errorf(opParameters, hotline.CodeInvalid, "参数 %s 太长 the parameter is too long", name))
			return
		}
	}
	record, err := a.mayOpen(r.Context(), who, id, query.Get("reason"), ScopeRead)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	sound, err := a.sound(record)
	channel := 0
	if err == nil {
		channel, err = sound.Channel(query.Get("channel"))
	}
	if err == nil {
		err = a.heard.first(who.agent()+" "+string(id), a.cfg.Now(), func() error {
			return a.audit(r.Context(), who, ActionListen, string(id), tidy(query.Get("reason"), maxReason))
		})
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	reader := sound.Reader(channel)
	defer func() { _ = reader.Close() }() // it was only read
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", fmt.Sprintf(`"%s-%d-%d"`, id, channel, sound.Samples))             // parts belong together while it is as long
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(listenWithin)) // else the server's own counts
	http.ServeContent(w, r, "", time.Time{}, reader)
}
