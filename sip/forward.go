package sip

import "github.com/hotline-cc/hotline/media/rtp"

// Forward passes what this call's peer says to another call's, undecoded and at once, instead of that
// call's Source; see rtp.Session.Forward. Both must have sound in the same codec. It ends by Stop, with
// either call, and when a later offer brings another codec.
func (l *Leg) Forward(to *Leg) (*rtp.Forwarding, error) {
	from, into := l.sound(), to.sound()
	if from == nil || into == nil {
		return nil, errSilent
	}
	return from.Forward(into)
}

// sound is the media of the call, nil while it has none.
func (l *Leg) sound() *rtp.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}
