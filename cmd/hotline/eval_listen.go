package main

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// listener is a way from a recording to its text.
type listener interface {
	// hear returns the text and how long after the last voiced sample it was known.
	hear(context.Context, recording) (text string, took time.Duration, err error)
	close() error
}

// listen starts what is needed; it ends with ctx.
func (c *EvalASRCmd) listen(ctx context.Context, env *Env) (listener, error) {
	dir, err := os.MkdirTemp("", "hotline-eval-")
	if err != nil {
		return nil, err
	}
	start := c.overPhone
	if c.Codec == absent {
		start = c.straight
	}
	l, err := start(ctx, env, c.config(dir))
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return tidy{l, dir}, nil
}

// tidy removes the data folder in the end.
type tidy struct {
	listener
	dir string
}

func (t tidy) close() error {
	defer func() { _ = os.RemoveAll(t.dir) }()
	return t.listener.close()
}

// config is that of a gateway that only listens.
func (c *EvalASRCmd) config(dir string) *config.Config {
	cfg := config.Default()
	loopback := netip.MustParseAddr("127.0.0.1")
	cfg.Data, cfg.DrainTimeout = dir, 0
	cfg.SIP.Listen = []config.Listen{{Network: sip.UDP, Address: netip.AddrPortFrom(loopback, 0)}}
	cfg.SIP.Limits.PerSource.Rate = 1000
	cfg.Media.Address = loopback
	cfg.HTTP.Listen = netip.AddrPort{}
	cfg.Recording.Enabled = false
	cfg.Speech.Models = c.Models
	cfg.Speech.ASR.Model, cfg.Speech.TTS.Model = c.Model, absent
	cfg.Speech.ASR.Timeout = time.Minute
	cfg.Call.FillerAfter, cfg.Call.GiveUpAfter = 30*time.Second, 30*time.Second // nothing is to be said, only heard
	if c.Engine != "" {
		cfg.Speech.Child = false
		cfg.Speech.ASR.URL, cfg.Speech.TTS.URL = c.Engine, c.Engine
	}
	return cfg
}

// straight gives recordings to the speech process.
func (c *EvalASRCmd) straight(ctx context.Context, env *Env, cfg *config.Config) (listener, error) {
	speech, err := gateway.NewSpeech(cfg, env.Log)
	if err != nil {
		return nil, err
	}
	l := &straightEar{speech: speech}
	l.running.Go(func() error { return speech.Run(ctx) })
	if err := awaitReady(ctx, speech.Ready()); err != nil {
		_ = l.close()
		return nil, err
	}
	return l, nil
}

type straightEar struct {
	speech  *gateway.Speech
	running errgroup.Group
}

func (l *straightEar) hear(ctx context.Context, r recording) (string, time.Duration, error) {
	pcm, err := measure.Resample(r.pcm, r.rate, asr.SampleRate)
	if err != nil {
		return "", 0, err
	}
	asked := time.Now()
	result, err := l.speech.Recognizer().Recognize(ctx, asr.Request{PCM: pcm})
	return result.Text, time.Since(asked), err
}

// close ends what listen started; its ctx has ended or nothing else uses it.
func (l *straightEar) close() error {
	l.speech.Close()
	return l.running.Wait()
}

// speechStart bounds how long loading the models may take.
const speechStart = 2 * time.Minute

func awaitReady(ctx context.Context, all ...<-chan struct{}) error {
	timeout := time.After(speechStart)
	for _, ready := range all {
		select {
		case <-ready:
		case <-timeout:
			return hotline.Errorf("start", hotline.CodeTimeout, "not ready within %v", speechStart)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// overPhone gives recordings to a gateway, each in a call of its own.
func (c *EvalASRCmd) overPhone(ctx context.Context, env *Env, cfg *config.Config) (listener, error) {
	set, err := withCodec(c.Codec)
	if err != nil {
		return nil, err
	}
	l := &phoneEar{events: make(chan hotline.Event, 256)}
	g, err := gateway.New(cfg, gateway.Options{Logger: env.Log, Engine: &l.dictation, OnEvent: func(e hotline.Event) {
		select {
		case l.events <- e:
		default: // of a call that nobody listens to any more
		}
	}})
	if err != nil {
		return nil, err
	}
	ctx, l.stop = context.WithCancel(ctx)
	l.running.Go(func() error { return g.Run(ctx) })
	if err = awaitReady(ctx, g.Phone().Ready(), g.Speech().Ready()); err == nil {
		l.telephone, err = startSoftphone(ctx, softphoneConfig{Codecs: set, Log: env.Log})
	}
	if err != nil {
		_ = l.close()
		return nil, err
	}
	l.uri = "sip:dictation@" + g.Phone().Addr(sip.UDP).String()
	return l, nil
}

// phoneEar calls a gateway that writes down what it hears.
type phoneEar struct {
	dictation dictation
	events    chan hotline.Event
	telephone *softphone
	uri       string
	running   errgroup.Group
	stop      context.CancelFunc
}

const (
	lead = 600 * time.Millisecond // of silence before a recording, as after a greeting
	// settled is how long after the last words nothing more can come: the time in which speech is
	// joined to the turn before it, and a decode.
	settled = 2 * time.Second
	// mute is how long a recording may stay without any words.
	mute = 10 * time.Second
)

func (l *phoneEar) hear(ctx context.Context, r recording) (string, time.Duration, error) {
	leg, err := l.telephone.dial(ctx, l.uri)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = leg.Hangup(context.WithoutCancel(ctx), "done") }()
	player, err := phone.NewPlayer(leg.Format(), nil)
	if err != nil {
		return "", 0, err
	}
	silence := make([]int16, int(lead*time.Duration(r.rate)/time.Second))
	said, err := player.Play(append(silence, r.pcm...), r.rate)
	if err == nil {
		err = leg.SetSource(player)
	}
	if err != nil {
		return "", 0, err
	}
	began := time.Now()
	turns, err := l.follow(ctx, leg, said, began)
	_, last := said.Sent()
	text := turns.text()
	if text == "" {
		return "", 0, err
	}
	return text, max(0, l.dictation.known().Sub(last)), err
}

// follow collects what is heard of a call until nothing more can come.
func (l *phoneEar) follow(ctx context.Context, leg *sip.Leg, said *phone.Piece, began time.Time) (dictated, error) {
	var turns dictated
	var heard time.Time
	wait := time.NewTicker(media.Tick)
	defer wait.Stop()
	for {
		select {
		case e := <-l.events:
			if h, ok := e.Body.(hotline.Heard); ok && e.At.After(began) {
				turns.add(h)
				heard = time.Now()
			}
		case now := <-wait.C:
			_, last := said.Sent()
			switch {
			case last.IsZero():
			case heard.After(last) && now.Sub(heard) > settled, now.Sub(last) > mute:
				return turns, nil
			}
		case <-leg.Done():
			return turns, hotline.Errorf("listen", hotline.CodeUnavailable, "the gateway hung up")
		case <-ctx.Done():
			return turns, ctx.Err()
		}
	}
}

func (l *phoneEar) close() error {
	l.stop()
	if l.telephone != nil {
		_ = l.telephone.close()
	}
	return l.running.Wait()
}

// dictated is the turns of a call, in order.
type dictated []hotline.Heard

func (d *dictated) add(h hotline.Heard) {
	if h.Rejected != "" {
		return
	}
	for i, before := range *d {
		if h.Replaces != 0 && before.Turn == h.Replaces {
			(*d)[i] = h
			return
		}
	}
	*d = append(*d, h)
}

func (d dictated) text() (text string) {
	for _, h := range d {
		text += h.Text
	}
	return text
}

// dictation is a dialog that says nothing. It notes when words are known: a call asks for its patience
// then.
type dictation struct {
	mu   sync.Mutex
	last time.Time
}

// Step implements dialog.Engine.
func (*dictation) Step(s dialog.State, _ dialog.Event) (dialog.State, []dialog.Action) {
	return s, []dialog.Action{dialog.Listen{NoInput: time.Hour}}
}

// Patience implements dialog.Engine.
func (d *dictation) Patience(dialog.State, string) dialog.Patience {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
	return dialog.PatienceNormal
}

func (d *dictation) known() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last
}
