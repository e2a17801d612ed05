package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/sdp"
)

var errSilent = hotline.Errorf("set sound", hotline.CodeConflict, "the call has no sound yet")

// openSound opens the ports of a call with a peer and gets ready to negotiate.
func (l *Leg) openSound(peer netip.Addr, t *trunk) error {
	ports := l.e.ports4
	if peer.Is6() || ports == nil {
		ports = l.e.ports6
	}
	if ports == nil {
		return hotline.Errorf("open media", hotline.CodeUnsupported, "no media address of the family of %v", peer)
	}
	advertise, srtp := l.e.cfg.MediaAdvertise, l.e.cfg.SRTP
	if t != nil && t.MediaAdvertise.IsValid() {
		advertise = t.MediaAdvertise
	}
	if t != nil && t.SRTP != nil {
		srtp = *t.SRTP
	}
	if !advertise.IsValid() {
		advertise = towards(l.e.cfg.Media.Address, peer)
	}
	pair, err := ports.Open()
	if err != nil {
		return err
	}
	nego, err := sdp.New(sdp.Config{Address: netip.AddrPortFrom(advertise, pair.Port), Codecs: l.e.cfg.Codecs, SRTP: srtp})
	if err != nil {
		_ = pair.Close()
		return err
	}
	l.nego = nego
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pair = pair
	return nil
}

// agree puts what an offer and its answer came to into force. The first time begins the sound.
func (l *Leg) agree(t rtp.Terms) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return hotline.Errorf("begin sound", hotline.CodeConflict, "the call has ended")
	case l.session != nil:
		if err := l.session.Update(t); err != nil {
			return err
		}
		l.settle(t)
		return nil
	}
	learning := l.e.cfg.Learning
	if l.dialog.trunk != nil {
		learning = l.dialog.trunk.Learning
	} else if learning == rtp.LearnNear && l.dialog.source.IsValid() && t.Remote.IsValid() && t.Remote.Addr() != l.dialog.source.Addr() && isPrivate(t.Remote.Addr()) {
		learning = rtp.LearnAny // a phone behind NAT that does not know its public address
	}
	cfg := rtp.Config{
		Terms: t, RTP: l.pair.RTP, RTCP: l.pair.RTCP, Pacer: l.e.cfg.Pacer, Learning: learning, Jitter: l.e.cfg.Jitter,
		CNAME: rand.Text(), ListenForTones: l.e.cfg.ListenForTones && t.KeyReceiveType == 0, OnKey: l.pressed, Clock: l.e.clock, Log: l.log,
	}
	if tell := l.e.cfg.OnPacket; tell != nil {
		cfg.OnPacket = func(sent bool, at time.Time, h *pionrtp.Header, payload []byte) {
			tell(l.call.CallID, sent, at, h, payload)
		}
	}
	session, err := rtp.New(cfg)
	if err != nil {
		return err
	}
	l.session = session
	l.settle(t)
	done := make(chan struct{})
	if !l.e.tasks.run(func() {
		err := session.Run(l.ctx)
		close(done)
		if err != nil && l.ctx.Err() == nil {
			l.hangup(context.WithoutCancel(l.ctx), Ending{By: "network", Reason: err.Error()})
		}
	}) {
		return hotline.Errorf("begin sound", hotline.CodeUnavailable, "shutting down")
	}
	l.mediaDone = done
	if l.e.cfg.Silence > 0 {
		l.e.tasks.run(l.heed)
	}
	return nil
}

// settle keeps what is in force and tells whether the peer holds. l.mu is held.
func (l *Leg) settle(t rtp.Terms) {
	held := !l.terms.Direction.Sends()
	l.terms = t
	if holds := !t.Direction.Sends(); holds != held {
		select {
		case <-l.holds:
		default:
		}
		l.holds <- holds // has room: nobody else puts anything there
	}
}

func (l *Leg) media() (*rtp.Session, rtp.Terms) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session, l.terms
}

// Format returns the format of the frames given to the Sink and asked of the Source.
func (l *Leg) Format() media.Format {
	session, _ := l.media()
	if session == nil {
		return media.Format{}
	}
	return session.Format()
}

// SetSink makes sink take the peer's sound from the next tick on; nil lets it drop.
func (l *Leg) SetSink(sink media.Sink) error {
	session, _ := l.media()
	if session == nil {
		return errSilent
	}
	return session.SetSink(sink)
}

// SetSource makes source give our sound from the next tick on; nil sends silence.
func (l *Leg) SetSource(source media.Source) error {
	session, _ := l.media()
	if session == nil {
		return errSilent
	}
	return session.SetSource(source)
}

// Join sets both.
func (l *Leg) Join(sink media.Sink, source media.Source) error {
	return errors.Join(l.SetSink(sink), l.SetSource(source))
}

// Forward passes the peer's packets to another leg undecoded, instead of that one's Source, until
// the result is stopped or their codecs differ. See rtp.Session.Forward.
func (l *Leg) Forward(to *Leg) (*rtp.Forwarding, error) {
	from, _ := l.media()
	there, _ := to.media()
	if from == nil || there == nil {
		return nil, errSilent
	}
	return from.Forward(there)
}

// Stats returns a snapshot of the sound.
func (l *Leg) Stats() rtp.Stats {
	session, _ := l.media()
	if session == nil {
		return rtp.Stats{}
	}
	return session.Stats()
}

// Held reports whether either side has stopped the sound of a direction.
func (l *Leg) Held() bool {
	_, terms := l.media()
	return terms.Direction != rtp.SendRecv
}
