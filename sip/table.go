package sip

import (
	"sync"

	gosip "github.com/emiago/sipgo/sip"
)

// dialogID names a dialog from our side (RFC 3261 section 12).
type dialogID struct{ callID, local, remote string }

// inviteID names an INVITE whatever way it came, so that one that was forked on its way and comes
// twice is noticed (RFC 3261 section 8.2.2.2).
type inviteID struct {
	callID, fromTag string
	seq             uint32
}

// branchID names a server transaction, as a CANCEL does (RFC 3261 sections 9.2 and 17.2.3).
type branchID struct{ branch, sentBy string }

// table knows the calls there are.
type table struct {
	mu       sync.Mutex
	dialogs  map[dialogID]*Leg
	merges   map[inviteID]*Invitation
	branches map[branchID]*Invitation
}

func newTable() table {
	return table{
		dialogs: make(map[dialogID]*Leg), merges: make(map[inviteID]*Invitation),
		branches: make(map[branchID]*Invitation),
	}
}

// invite adds an Invitation until its transaction ends. It returns false for a merged request.
func (t *table) invite(in *Invitation) bool {
	merge, branch := inviteIDOf(in.req), branchIDOf(in.req)
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, merged := t.merges[merge]; merged {
		return false
	}
	t.merges[merge], t.branches[branch] = in, in
	return true
}

// forget takes an Invitation out again. Its dialog stays.
func (t *table) forget(in *Invitation) {
	merge, branch := inviteIDOf(in.req), branchIDOf(in.req)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.merges[merge] == in {
		delete(t.merges, merge)
	}
	if t.branches[branch] == in {
		delete(t.branches, branch)
	}
}

func (t *table) byBranch(id branchID) *Invitation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.branches[id]
}

func (t *table) add(id dialogID, l *Leg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dialogs[id] = l
}

func (t *table) remove(id dialogID, l *Leg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dialogs[id] == l {
		delete(t.dialogs, id)
	}
}

func (t *table) find(id dialogID) *Leg {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dialogs[id]
}

func (t *table) all() []*Leg {
	t.mu.Lock()
	defer t.mu.Unlock()
	legs := make([]*Leg, 0, len(t.dialogs))
	for _, l := range t.dialogs {
		legs = append(legs, l)
	}
	return legs
}

func inviteIDOf(req *gosip.Request) inviteID {
	return inviteID{req.CallID().Value(), fromTag(req), req.CSeq().SeqNo}
}

func branchIDOf(req *gosip.Request) branchID {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if len(branch) <= len(gosip.RFC3261BranchMagicCookie) {
		// Of an RFC 2543 peer: what it repeats in a CANCEL besides the branch.
		branch = req.CallID().Value() + " " + fromTag(req) + " " + via.Value()
	}
	return branchID{branch, via.SentBy()}
}

// dialogOf names the dialog a request of the peer is in.
func dialogOf(req *gosip.Request) dialogID {
	return dialogID{req.CallID().Value(), toTag(req), fromTag(req)}
}

func fromTag(m gosip.Message) string { return m.From().Params.GetOr("tag", "") }

func toTag(m gosip.Message) string { return m.To().Params.GetOr("tag", "") }
