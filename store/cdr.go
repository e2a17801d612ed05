package store

import (
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
