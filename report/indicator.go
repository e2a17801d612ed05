package report

import "time"

// Text is in both languages of the console.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Unit is what an indicator counts.
type Unit string

// The units.
const (
	Ratio   Unit = "ratio" // 0…1
	Seconds Unit = "seconds"
)

// Indicator is a number and what it means.
type Indicator struct {
	ID         string
	Name       Text
	Unit       Unit
	Definition Text
	Standard   string   // where it comes from; "" is common practice
	Target     *float64 // of the standard
	Windows    bool     // of the whole span only
	Agents     bool     // also of single agents
}

// The times in the definitions.
const (
	AnswerWithin  = 15 * time.Second
	ShortAbandon  = 5 * time.Second
	ChatWithin    = 3 * time.Minute
	Window        = 24 * time.Hour
	CallbackSoon  = 2 * time.Hour
	CallbackLater = 24 * time.Hour
	GoodGrade     = 4
)

const gbt33358 = "GB/T 33358-2016《政府热线服务规范》"

func share(x float64) *float64 { return &x }

// Indicators lists them in the order of a report.
func Indicators() []Indicator {
	return []Indicator{
		{ID: "answered_15s", Name: Text{"15 秒接听率", "Answered within 15 s"}, Unit: Ratio, Standard: gbt33358,
			Definition: Text{
				"电话和网页通话中，从请求人工到人工接通不超过 15 秒的请求数 ÷ 请求人工数。未满 5 秒即挂断的请求不计入，另列。",
				"Of the requests for a person by phone and web call, those that a person took within 15 s. Requests given up in less than 5 s are left out and counted beside.",
			}},
		{ID: "connect_24h", Name: Text{"24 小时接通率（截至期末）", "Connect rate, last 24 h"}, Unit: Ratio, Standard: gbt33358, Target: share(0.95), Windows: true,
			Definition: Text{
				"截至统计期末（期末未到则至当前）的连续 24 小时内，电话和网页通话的人工接通数 ÷ 请求人工数。未满 5 秒即挂断的请求不计入。",
				"Of the requests for a person by phone and web call in the 24 hours up to the end of the span, or up to now, those that a person took. Requests given up in less than 5 s are left out.",
			}},
		{ID: "connect_24h_min", Name: Text{"24 小时接通率（最低）", "Connect rate, worst 24 h"}, Unit: Ratio, Standard: gbt33358, Target: share(0.95), Windows: true,
			Definition: Text{
				"结束于统计期内的所有连续 24 小时窗口中最低的接通率；没有请求的窗口不计。",
				"The lowest connect rate of all windows of 24 hours that end within the span; windows without a request do not count.",
			}},
		{ID: "connect_24h_max", Name: Text{"24 小时接通率（最高）", "Connect rate, best 24 h"}, Unit: Ratio, Standard: gbt33358, Windows: true,
			Definition: Text{
				"结束于统计期内的所有连续 24 小时窗口中最高的接通率；没有请求的窗口不计。",
				"The highest connect rate of all windows of 24 hours that end within the span; windows without a request do not count.",
			}},
		{ID: "chat_3min", Name: Text{"在线 3 分钟首次应答率", "Chats answered within 3 min"}, Unit: Ratio, Standard: gbt33358,
			Definition: Text{
				"文字会话中，从请求人工到坐席第一句回复不超过 3 分钟的请求数 ÷ 请求人工数。未满 5 秒即离开的请求不计入，另列。",
				"Of the requests for a person in chats, those with the first sentence of an agent within 3 minutes. Requests given up in less than 5 s are left out and counted beside.",
			}},
		{ID: "abandon_rate", Name: Text{"放弃率", "Abandon rate"}, Unit: Ratio,
			Definition: Text{
				"等待人工时满 5 秒后挂断或离开的请求数 ÷ 请求人工数（各渠道）。未满 5 秒的不计入，另列。",
				"Of the requests for a person on any channel, those whose caller left while waiting, after 5 s or more. Those given up sooner are left out and counted beside.",
			}},
		{ID: "callback_2h", Name: Text{"2 小时回拨率", "Called back within 2 h"}, Unit: Ratio,
			Definition: Text{
				"未接和放弃产生的回拨任务中，2 小时内首次拨打的任务数 ÷ 任务数。未满 2 小时且尚未拨打的、已无须拨打（如本人又来电）的不计入，另列。",
				"Of the callbacks made of missed and abandoned calls, those first tried within 2 hours. Those not tried that still have time, or that nobody needs any more (the caller got through), are left out and counted beside.",
			}},
		{ID: "callback_24h", Name: Text{"24 小时回拨率", "Called back within 24 h"}, Unit: Ratio,
			Definition: Text{
				"未接和放弃产生的回拨任务中，24 小时内首次拨打的任务数 ÷ 任务数。未满 24 小时且尚未拨打的、已无须拨打（如本人又来电）的不计入，另列。",
				"Of the callbacks made of missed and abandoned calls, those first tried within 24 hours. Those not tried that still have time, or that nobody needs any more (the caller got through), are left out and counted beside.",
			}},
		{ID: "wait_avg", Name: Text{"平均等待时长", "Average wait"}, Unit: Seconds, Agents: true,
			Definition: Text{"人工接通的会话从请求人工到接通的时长之和 ÷ 接通数。", "From the request for a person until a person took it, the mean of those that were taken."}},
		{ID: "wait_p90", Name: Text{"90% 等待时长", "Wait of 90 in 100"}, Unit: Seconds, Agents: true,
			Definition: Text{"人工接通的会话中，九成的等待不超过此时长（最近秩法）。", "Of the requests that were taken, 90 in 100 waited no longer (nearest rank)."}},
		{ID: "talk_avg", Name: Text{"平均通话时长", "Average talk"}, Unit: Seconds, Agents: true,
			Definition: Text{"已结束的人工会话中坐席参与的时长之和 ÷ 会话数；含保持，多名坐席重叠的时间只计一次。", "How long agents took part in conversations that have ended, the mean; hold counts, and time of two agents together counts once."}},
		{ID: "wrap_up_avg", Name: Text{"平均整理时长", "Average wrap-up"}, Unit: Seconds, Agents: true,
			Definition: Text{"有话后整理记录的会话中，整理时长之和 ÷ 会话数。", "The mean time for writing down, of the conversations for which it is known."}},
		{ID: "transfer_rate", Name: Text{"转接率", "Transfer rate"}, Unit: Ratio, Agents: true,
			Definition: Text{"由一名坐席转给另一名坐席的会话数 ÷ 人工接通数。", "Of the conversations that a person took, those that went on to another agent."}},
		{ID: "resolution", Name: Text{"一次解决率", "Resolved at once"}, Unit: Ratio, Agents: true,
			Definition: Text{"坐席记为已解决的会话数 ÷ 坐席记录过是否解决的会话数。", "Of the conversations of which an agent noted whether the matter was resolved, those that were."}},
		{ID: "satisfaction", Name: Text{"满意率", "Satisfaction"}, Unit: Ratio, Standard: gbt33358, Agents: true,
			Definition: Text{"评价为 4 或 5 分的会话数 ÷ 有评价的会话数（五级评价）。", "Of the conversations that were rated, those with 4 or 5 of 5."}},
		{ID: "rated_share", Name: Text{"参评率", "Rated"}, Unit: Ratio, Agents: true,
			Definition: Text{"有评价的会话数 ÷ 已结束的会话数。", "Of the conversations that have ended, those that were rated."}},
		{ID: "bot_share", Name: Text{"机器人独立完成率", "Ended without a person"}, Unit: Ratio,
			Definition: Text{"未请求人工、由机器人接待至结束的会话数 ÷ 已结束的会话数。", "Of the conversations that have ended, those in which nobody asked for a person."}},
	}
}
