package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
)

// CDR is the call detail record of one ended call.
type CDR struct {
	Conversation hotline.ConversationID `json:"conversation"`
	Direction    string                 `json:"direction"` // in, out
	From         string                 `json:"from,omitempty"`
	To           string                 `json:"to,omitempty"`
	Start        time.Time              `json:"start"`
	Answer       time.Time              `json:"answer,omitzero"` // zero when never answered
	End          time.Time              `json:"end"`
	Codec        string                 `json:"codec,omitempty"`
	Media        MediaQuality           `json:"media"`
	HangUpBy     string                 `json:"hang_up_by"` // caller, system, network
	Reason       string                 `json:"reason,omitempty"`
	Turns        int                    `json:"turns"`
	// LatencyP50MS and LatencyP95MS are from the caller's last voiced sample to our first packet.
	LatencyP50MS int    `json:"latency_p50_ms,omitempty"`
	LatencyP95MS int    `json:"latency_p95_ms,omitempty"`
	Recording    string `json:"recording,omitempty"` // folder of the recording
}

// MediaQuality is how the sound travelled, as received (RFC 3550 §6.4).
type MediaQuality struct {
	PacketsSent     uint64  `json:"packets_sent"`
	PacketsReceived uint64  `json:"packets_received"`
	LossPercent     float64 `json:"loss_percent"`
	JitterMS        float64 `json:"jitter_ms"`
	RTTMS           float64 `json:"rtt_ms,omitempty"`
	MOS             float64 `json:"mos,omitempty"` // estimated by the E-model, 1…4.5
}

func (l *Log) cdrPath(day time.Time) string {
	return filepath.Join(l.dir, "cdr", day.In(l.location).Format("2006-01-02")+suffix)
}

// AppendCDR writes a call detail record to the file of the day on which the call ended; it is on
// disk when AppendCDR returns.
func (l *Log) AppendCDR(c CDR) error {
	const op = "append call detail record"
	if _, err := c.Conversation.Time(); err != nil {
		return err
	}
	if c.End.IsZero() {
		return hotline.Errorf(op, hotline.CodeInvalid, "%s has not ended", c.Conversation)
	}
	raw, err := line(c)
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInvalid, "%s: %w", c.Conversation, err)
	}
	l.cdr.Lock()
	defer l.cdr.Unlock()
	if err := appendDurably(l.cdrPath(c.End), raw); err != nil {
		return hotline.Errorf(op, hotline.CodeInternal, "%s: %w", c.Conversation, err)
	}
	return nil
}

// appendDurably adds a line to a file, whole or not at all.
func appendDurably(path string, raw []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Write(raw); err != nil {
		return errors.Join(err, f.Truncate(info.Size()), f.Close())
	}
	err = errors.Join(f.Sync(), f.Close())
	if err == nil && info.Size() == 0 {
		dir := filepath.Dir(path)
		err = syncFolders(dir, dir)
	}
	return err
}

// CDRs returns the records of calls that ended on the day of the given time. When a line is damaged,
// the records before it come with an error that names it.
func (l *Log) CDRs(day time.Time) ([]CDR, error) {
	const op = "read call detail records"
	path := l.cdrPath(day)
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	records, err := parseLines[CDR](raw)
	if err != nil {
		return records, hotline.Errorf(op, hotline.CodeInternal, "%s %w", path, err)
	}
	return records, nil
}
