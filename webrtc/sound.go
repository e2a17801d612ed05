package webrtc

import (
	"errors"
	"fmt"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/rtp"
)

var errSilent = hotline.Errorf("set sound", hotline.CodeConflict, "the call has no sound yet")

// sound begins the session with the keys that DTLS gave.
func (l *Leg) sound(k keys) error {
	o := l.offer
	encoder, decoder, err := codecs.New(o.codec)
	if err != nil {
		return err
	}
	session, err := rtp.New(rtp.Config{
		Terms: rtp.Terms{
			Codec: o.codec, Encoder: encoder, Decoder: decoder, SendType: o.codec.PayloadType, ReceiveType: o.codec.PayloadType,
			KeySendType: o.keyType, KeyReceiveType: o.keyType, KeyClock: o.keyClock,
			Remote: someone, Mux: true, Direction: o.direction, SendKey: k.send, ReceiveKey: k.receive,
		},
		RTP: l.wire, Pacer: l.e.cfg.Pacer, Learning: rtp.LearnNever, Jitter: l.e.cfg.Jitter, CNAME: l.stream.cname, SSRC: l.stream.ssrc,
		ListenForTones: o.keyType == 0, OnKey: l.pressed, Clock: l.e.clock, Log: l.log,
	})
	if err != nil {
		return err
	}
	l.session.Store(session)
	l.parts.run(func() {
		if err := session.Run(l.ctx); err != nil && l.ctx.Err() == nil {
			l.end(byNetwork, fmt.Sprintf("sound: %v", err))
		}
	})
	return nil
}

// pressed takes a key. It must not block.
func (l *Leg) pressed(event dtmf.Event) {
	if !l.merger.Accept(event) {
		return
	}
	select {
	case l.keys <- event:
	default:
		l.dropped.Add(1)
		l.e.counters.keysDropped.Add(1)
	}
}

// SendKeys presses keys as RFC 4733 events, each held down for 40…1000 ms; 0 means dtmf.DefaultPressed.
func (l *Leg) SendKeys(pressed time.Duration, keys ...dtmf.Key) error {
	session := l.session.Load()
	if session == nil {
		return errSilent
	}
	return session.SendKeys(pressed, keys...)
}

// Codec is the codec in use. Format is that of the frames the Sink gets and the Source gives. Both stay the same for the
// whole leg.
func (l *Leg) Codec() media.Codec { return l.offer.codec }

// Format returns the format of the frames given to the Sink and asked of the Source.
func (l *Leg) Format() media.Format { return media.Mono(l.offer.codec.PCMRate) }

// SetSink makes sink take the browser's sound from the next tick on; nil lets it drop.
func (l *Leg) SetSink(sink media.Sink) error {
	session := l.session.Load()
	if session == nil {
		return errSilent
	}
	return session.SetSink(sink)
}

// SetSource makes source give our sound from the next tick on; nil sends silence.
func (l *Leg) SetSource(source media.Source) error {
	session := l.session.Load()
	if session == nil {
		return errSilent
	}
	return session.SetSource(source)
}

// Join sets both.
func (l *Leg) Join(sink media.Sink, source media.Source) error {
	return errors.Join(l.SetSink(sink), l.SetSource(source))
}

// Stats returns a snapshot of the sound.
func (l *Leg) Stats() rtp.Stats {
	session := l.session.Load()
	if session == nil {
		return rtp.Stats{}
	}
	s := session.Stats()
	s.Remote = l.Remote()
	return s
}

// Held reports whether the browser takes or gives no sound: it offered one direction only.
func (l *Leg) Held() bool { return l.offer.direction != rtp.SendRecv }

// Lost reports whether the browser's network is lost and the leg waits to be restarted.
func (l *Leg) Lost() bool {
	p := l.wire.path.Load()
	return p != nil && p.silence(l.e.clock.Now()) > disconnected
}
