package flow

import (
	"slices"

	"github.com/hotline-cc/hotline/dialog/slot"
)

// need is whether a node of a kind has a field.
type need int

const (
	may need = iota
	must
)

// common are the fields of all kinds.
var common = map[string]need{"kind": must, "note": may}

// kinds says which fields a node of each kind has besides the common ones. Reader, checker and
// schema follow this table.
var kinds = map[Kind]map[string]need{
	Say:      {"say": must, "next": must},
	Ask:      {"say": may, "slots": may, "narrate": may, "next": must},
	Choose:   {"say": must, "options": must},
	Answer:   {"say": may, "entry": may, "next": must, "failed": may},
	LookUp:   {"say": may, "system": must, "input": may, "into": must, "next": must, "failed": must},
	File:     {"say": may, "order": must, "input": may, "into": may, "next": must, "failed": must},
	Branch:   {"cases": must, "next": must},
	Call:     {"flow": must, "next": must},
	Handover: {"say": may, "queue": may, "reason": must, "priority": may, "skills": may, "language": may},
	End:      {"say": may, "reason": may},
}

// titles name the fields of files for people who edit them in a form.
var titles = map[string]string{
	"id": "编号", "title": "名称", "start": "起点", "starts": "其他起点", "nodes": "节点", "layout": "布局", "x": "横坐标", "y": "纵坐标",
	"kind": "类型", "note": "备注", "say": "话术", "slots": "要素", "narrate": "让对方讲述", "options": "选项", "entry": "知识条目",
	"system": "外部系统", "input": "传入", "into": "结果变量", "order": "工单动作", "cases": "分支", "flow": "流程", "queue": "队列",
	"reason": "原因", "priority": "优先级", "next": "下一步", "failed": "不成时", "slot": "要素", "when": "条件", "optional": "可不答",
	"confirm": "确认", "wordings": "说法", "voice": "语音话术", "text": "文字话术", "protected": "不可打断", "region": "地区",
	"elder": "长辈", "safety": "紧急情形", "phrases": "通用话术", "ladders": "递进话术", "timing": "等待", "hotwords": "热词",
	"no_input": "无声时", "no_match": "没听懂时", "wait": "稍等", "lookup": "查询", "risk": "风险", "secret": "保密", "caller": "可用来电号码",
	"ask": "提问", "reject": "不合要求时", "below": "低于", "how": "方式", "words": "词语", "speed": "语速", "stay": "持续安抚",
	"service": "紧急服务", "category": "诉求类别", "mark": "标记", "skills": "技能", "language": "语言", "languages": "语言",
}

// Text is the kind of a slot that takes anything that was said.
const Text slot.Kind = "text"

var (
	slotKinds = []slot.Kind{
		slot.District, slot.Address, slot.Time, slot.Person, slot.Phone, slot.Landline, slot.Org, slot.Plate, slot.Ticket, slot.Amount,
		slot.Route, slot.VIN, slot.Item, slot.Service, slot.IDCard, slot.CreditCode, slot.BankCard, slot.YesNo, slot.Choice, Text,
	}
	slotProblems = []slot.Problem{slot.Missing, slot.TooShort, slot.TooLong, slot.Malformed, slot.Checksum, slot.Unknown, slot.Ambiguous}
	risks        = []Risk{RiskLow, RiskNormal, RiskHigh}
	confirms     = []ConfirmHow{ConfirmNot, ConfirmImplicit, ConfirmExplicit}
	orders       = []OrderKind{OrderNew, OrderUpdate, OrderUrge, OrderAppend, OrderWithdraw, OrderReopen, OrderSurvey}
	services     = []string{"110", "119", "120"}
)

// Emergencies are the kinds of danger that a house must have words for. The last one stands for
// danger of no known kind.
func Emergencies() []string {
	return []string{"suicide", "fire", "gas", "trapped", "collapse", "drowning", "electricity", "crime", "medical", "accident", "poisoning", "lost", "fraud", "other"}
}

// SuicideOfOther is a kind that a house may have words for besides: somebody else is in danger, and the
// person tells of it. Without words for it those of the kind suicide are said.
const SuicideOfOther = "suicide_other"

// ladders are the prompts that follow one another while the dialog gets nowhere.
var ladders = []string{"no_input", "no_match"}

// phrase is something the engine says in every flow by itself.
type phrase struct {
	name     string
	holds    []string // what its wordings must hold in braces
	optional bool
}

// phrases are all that a house may word.
var phrases = []phrase{
	{name: "greet_back"}, {name: "offer", holds: []string{"options"}}, {name: "resume"}, {name: "no_knowledge"},
	{name: "handover"}, {name: "handover_no_input"}, {name: "handover_no_match"}, {name: "queued"}, {name: "unattended"}, {name: "unattended_safety"},
	{name: "place", holds: []string{"position", "minutes"}}, {name: "place_open", holds: []string{"position"}}, {name: "place_next"},
	{name: "missed"}, {name: "lost"}, {name: "transferred"}, {name: "unattended_closed"}, {name: "unattended_full"},
	{name: "returned"}, {name: "callback_kept"}, {name: "callback_no_number"}, {name: "message"}, {name: "message_kept"}, {name: "message_no_number"},
	{name: "withdrawn_queue"}, {name: "unattended_no_number"},
	{name: "survey"}, {name: "survey_again"}, {name: "survey_thanks"}, {name: "survey_sorry"},
	{name: "busy"}, {name: "slower"}, {name: "louder"}, {name: "wait"}, {name: "back"}, {name: "nothing_back"}, {name: "start_over"}, {name: "cancelled"},
	{name: "goodbye"}, {name: "key"}, {name: "unheard"}, {name: "fault"}, {name: "empathy"}, {name: "calm"}, {name: "identity"},
	{name: "confirm", holds: []string{"items"}}, {name: "confirm_fix"}, {name: "noted", holds: []string{"value"}}, {name: "which", holds: []string{"options"}},
	{name: "caller_number"}, {name: "more"}, {name: "backchannel"}, {name: "anonymous"}, {name: "confidential"},
	{name: "probable", holds: []string{"value"}, optional: true}, {name: "pending", holds: []string{"value"}, optional: true},
	{name: "yes_no", optional: true}, {name: "withdrawn", optional: true}, {name: "filed", holds: []string{"value"}, optional: true},
}

// engineWords are the variables that the engine fills in for the words of a house, all texts: the
// slots as they are read back, the title and value of one slot, what there is to choose from, and
// how many are before one in the queue and for how many minutes.
var engineWords = []string{"items", "title", "value", "options", "position", "minutes"}

func phraseNames() []string {
	list := make([]string, len(phrases))
	for i, p := range phrases {
		list[i] = p.name
	}
	return list
}

// names returns enumerated values as they are written.
func names[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

func kindNames() []string {
	var list []string
	for k := range kinds {
		list = append(list, string(k))
	}
	slices.Sort(list)
	return list
}

// inputs are what file nodes take; the facts go along by themselves.
var inputs = []string{"ticket", "category", "urgency", "flag"}

// joined are the services that a house may join to a call in an emergency.
var joined = append([]string{"none"}, services...)

// maxID is how long an identifier may be, in bytes.
const maxID = 40

// isID reports whether a name is one: [a-z0-9_]+, not too long.
func isID(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= maxID
}
