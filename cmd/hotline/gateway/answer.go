package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/metrics"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/store"
)

// answer takes a call and holds its conversation.
func (g *Gateway) answer(ctx context.Context, in *sip.Invitation) {
	defer g.count()()
	began := g.clock.Now()
	who := in.Describe()
	id := hotline.NewConversationID(began)
	log := g.log.With("conversation", string(id), "call_id", who.CallID)
	leg, err := in.Answer(ctx)
	if err != nil {
		g.metrics.CallFailed(hotline.CodeOf(err))
		log.Info("call not established", "error", err)
		return
	}
	g.metrics.CallStarted(g.clock.Now().Sub(began))
	if g.opt.OnLeg != nil {
		g.opt.OnLeg(id, leg)
	}
	c := &conversation{gateway: g, id: id, log: log, leg: line{leg}, cdr: store.CDR{
		Conversation: id, Direction: "in", From: who.From, To: who.To, Start: began, Answer: g.clock.Now(),
		Codec: leg.Codec().String(),
	}}
	log.Info("call answered", "from", who.From, "to", who.To, "codec", leg.Codec().String(), "trunk", who.Trunk)
	c.run(ctx, hotline.Started{Channel: hotline.ChannelPhone, From: who.From, To: who.To, CallID: who.CallID, Codec: leg.Codec().String()})
}

// voiceLeg is what a phone and a browser have in common.
type voiceLeg interface {
	call.Leg
	Codec() media.Codec
	Stats() rtp.Stats
}

// conversation is one call with everything that is kept of it.
type conversation struct {
	gateway *Gateway
	id      hotline.ConversationID
	log     *slog.Logger
	leg     voiceLeg
	known   map[string]string // facts known beforehand
	attend  desk.Agent        // for whom the call was made
	own     *sip.Leg          // the phone of theirs, nil with a headset
	seat    *seatOfDesk       // nil without a desk

	cdr   store.CDR
	mu    sync.Mutex // events come from the conversation and from agents' notes
	tally store.Tally
	over  bool // the log has its end
}

// run holds the conversation and keeps its record. It ends with its leg, so that the log says who
// ended it.
func (c *conversation) run(ctx context.Context, started hotline.Started) {
	ctx = context.WithoutCancel(ctx)
	defer c.gateway.speaks(c)()
	if err := c.hold(ctx, started); err != nil {
		c.log.Error("conversation broke off", "error", err)
		_ = c.leg.Hangup(ctx, "fault")
	}
	c.close()
}

func (c *conversation) hold(ctx context.Context, started hotline.Started) error {
	g := c.gateway
	cfg := call.Config{
		Engine: g.engine(), Recognizer: ear{g.speech.ear, g.cfg.Speech.ASR.Hotwords == "prompt", g.metrics},
		Voice: voice{g.speech, g.clock, g.metrics}, Detector: g.vad.NewStream(),
		Conversation: c.id, Clerk: g.clerk, Log: c, Clock: g.clock, Logger: c.log, Tuning: tuning(g.cfg.Call), Filler: filler,
		Started: started, Known: c.known, Attend: c.attend, Lines: &lines{gateway: g, caller: started.From, attend: c.attend.ID, own: c.own},
	}
	if g.cfg.Desk.Captions {
		cfg.Ear = func() call.Detector { return g.vad.NewStream() }
	}
	if g.people.desk != nil {
		seat := g.newSeat(desk.Talk{Conversation: c.id, Channel: started.Channel, Caller: started.From, Started: c.cdr.Start, Dialled: c.attend.ID != ""}, c.log)
		atDesk, leave := context.WithCancel(ctx)
		var work sync.WaitGroup
		work.Go(func() { seat.run(atDesk, nil) })
		defer work.Wait()
		defer leave()
		cfg.Desk, c.seat = seat, seat
	}
	var recording sync.WaitGroup
	defer recording.Wait()
	if g.cfg.Recording.Enabled {
		recorder, err := record.New(record.Config{
			Root: g.recordings(), Conversation: c.id, Codec: c.leg.Codec().String(), Rate: c.leg.Format().Rate,
			Segment: g.cfg.Recording.Segment, Clock: g.clock, Logger: c.log, Alarm: c.recordingAlarm,
		})
		if err != nil {
			return err
		}
		cfg.Recorder, c.cdr.Recording = recorder, recorder.Dir()
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		recording.Go(func() {
			if err := recorder.Run(ctx); err != nil {
				c.log.Error("recording not closed", "error", err)
			}
		})
	}
	talk, err := call.New(cfg)
	if err != nil {
		return err
	}
	return talk.Run(ctx, c.leg)
}

// recordingAlarm is told when sound begins to be lost and, with nil, when it is recorded again.
func (c *conversation) recordingAlarm(err error) {
	if err != nil {
		c.log.Error("sound is not recorded", "error", err)
		c.gateway.metrics.Event(hotline.Degraded{Stage: "recording", Reason: "lost"})
	}
}

// Append writes an event; see call.Log.
func (c *conversation) Append(body hotline.EventBody) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return callOver()
	}
	event, err := c.gateway.journal.Append(c.id, body)
	if err != nil {
		return err
	}
	_, c.over = body.(hotline.Ended)
	c.tally.Add(body)
	if r, ok := body.(hotline.Rated); ok && r.Grade <= hotline.Unsatisfied && c.seat != nil {
		c.seat.callBack(desk.CallbackUnsatisfied)
	}
	c.gateway.told(event)
	return nil
}

// close writes the call detail record.
func (c *conversation) close() {
	g := c.gateway
	s := c.leg.Stats()
	c.cdr.End = g.clock.Now()
	c.cdr.Media = store.MediaQuality{
		PacketsSent: s.Sent.Packets, PacketsReceived: s.Received.Packets,
		LossPercent: 100 * float64(max(s.Lost, 0)) / float64(max(s.Expected, 1)),
		JitterMS:    milliseconds(s.Jitter), RTTMS: milliseconds(s.RoundTrip), MOS: s.MOS,
	}
	c.tally.Fill(&c.cdr)
	if err := g.journal.AppendCDR(c.cdr); err != nil {
		c.log.Error("call detail record not written", "error", err)
	}
	g.metrics.CallEnded(c.cdr.HangUpBy, c.cdr.End.Sub(c.cdr.Answer))
	g.metrics.CallMedia(metrics.Media{
		Sent: s.Sent.Packets, Received: s.Received.Packets, Lost: uint64(max(s.Lost, 0)), Late: s.Late,
		Concealed: s.Concealed, Jitter: s.Jitter, RoundTrip: s.RoundTrip, MOS: s.MOS,
	})
	c.log.Info("call ended", "by", c.cdr.HangUpBy, "reason", c.cdr.Reason, "turns", c.cdr.Turns, "mos", s.MOS)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
