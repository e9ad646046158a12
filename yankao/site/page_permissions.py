"""The lines of the permission matrix: every pattern of the address book, what it does, and its audience.

A new view needs a line here: its name as `reverse()` knows it, its verbs (see `permissions.VERBS`), and a
key of `AUDIENCES`. "duty" is for pages on which the record decides: there the room's process says who.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import get_language

ALL: Final = frozenset({"*"})
COMMISSION: Final = frozenset({"rdec_controller", "rdec_chief", "rdec_commissioner"})
CHIEFS: Final = COMMISSION - {"rdec_controller"}
LEADING: Final = frozenset({"controller", "manager", "head"})
CALLS: Final = frozenset({"call_agent", "call_supervisor"})


@dataclass(frozen=True)
class Audience:
    """Whom a door opens to. `roles` are the posts that open it, ALL any person at all; `by` says what else
    decides: "role" nothing, "duty" the record, "room" whether the person's posts let them see any case of the
    room in the address, "link" whoever holds the link or code, "delivered" whether a report was delivered,
    "anybody" nobody asks.
    """

    zh: str
    en: str
    by: str = "role"
    roles: frozenset[str] = ALL
    but: frozenset[str] = frozenset()
    """Of ALL, the roles it does not open to."""

    @property
    def words(self) -> str:
        return self.en if get_language() == "en" else self.zh

    def holds(self, role: str) -> bool:
        """Whether somebody with that role alone comes in; "" is nobody signed in, "none" a person without a
        post.
        """
        if self.by in ("anybody", "link"):
            return True
        if not role or role in self.but:
            return False
        return self.roles == ALL or role in self.roles

    def opens(self, role: str) -> str:
        """How it stands open: "yes", "no", or "record" where a record, a setting or a link decides."""
        if self.by == "link":
            return "record"
        if self.by == "delivered" and not self.holds(role):
            return "record"
        if self.by in ("duty", "room"):
            return "record" if role else "no"
        return "yes" if self.holds(role) else "no"


AUDIENCES: Final = {
    "anybody": Audience("任何人", "anybody", "anybody"),
    "link": Audience("持有連結或代碼的人", "whoever holds the link or code", "link"),
    "own": Audience("本人，依其設定", "the person, as they set it up", "duty"),
    "step": Audience("登入過程中的人", "somebody in the course of signing in", "link"),
    "nobody": Audience("沒有這一頁", "nobody: there is no page", roles=frozenset()),
    "delivered": Audience("市府人員；送出後任何人", "the administration; anybody once delivered",
                          by="delivered", but=frozenset({"none", "councillor"})),
    "supervisor": Audience("話務督導", "call supervisors", roles=frozenset({"call_supervisor"})),
    "agents": Audience("話務員與督導", "call agents and supervisors", roles=CALLS),
    "editor": Audience("知識庫編輯", "knowledge editors", roles=frozenset({"knowledge_editor"})),
    "person": Audience("登入的人（內容依權責）", "anybody signed in; rows by duty"),
    "post": Audience("有職務的人", "whoever holds a post", but=frozenset({"none"})),
    "staff": Audience("市府人員", "the administration", but=frozenset({"none", "councillor"})),
    "room": Audience("看得到該業務案件的人", "whoever may see cases of the room", "room"),
    "duty": Audience("依紀錄與權責", "as the record and the duty say", "duty"),
    "commission": Audience("研考會", "the commission", roles=COMMISSION),
    "rules": Audience("研考會、監督", "commission, overseers", roles=COMMISSION | {"auditor", "admin"}),
    "calendar": Audience("研考會與系統管理員", "the commission, administrator", roles=COMMISSION | {"admin"}),
    "ledger": Audience("研考會主管與監督人員", "the commission's chiefs and overseers",
                       roles=CHIEFS | {"auditor", "admin"}),
    "overseers": Audience("政風審計人員與系統管理員", "auditor, administrator",
                          roles=frozenset({"auditor", "admin"})),
    "auditor": Audience("政風審計人員", "the auditor", roles=frozenset({"auditor"})),
    "admin": Audience("系統管理員", "the administrator", roles=frozenset({"admin"})),
    "messages": Audience("訊息管理人員", "keepers of messages", roles=COMMISSION | {"admin", "ethics"}),
    "retention": Audience("個資保存人員", "keepers of data", roles=COMMISSION | {"ethics", "auditor"}),
    "calls": Audience("話務與督導、研考會、市長、審計", "call centre, commission, mayor, auditor",
                      roles=CALLS | COMMISSION | {"mayor", "auditor"}),
    "enquiries": Audience("話務、知識庫編輯、研考會與監督人員", "call centre, editors, commission, overseers",
                          roles=CALLS | COMMISSION | {"knowledge_editor", "auditor"}),
    "city": Audience("研考會、市長、審計", "commission, mayor, auditor",
                     roles=COMMISSION | {"mayor", "auditor"}),
    "inspection": Audience("查核小組執行秘書與研考會首長", "inspection secretary, the commission's chiefs",
                           roles=CHIEFS | {"inspection_secretary"}),
    "returns": Audience("查核小組執行秘書與研考會", "inspection secretary, the commission",
                        roles=COMMISSION | {"inspection_secretary"}),
    "intake": Audience("話務與研考會", "call centre, commission", roles=CALLS | COMMISSION),
    "sorters": Audience("話務、研考會、檢舉案件保管人", "call centre, commission, custodian of accusations",
                        roles=CALLS | COMMISSION | {"ethics"}),
    "leading": Audience("機關研考與主管、研考會、市長、審計",
                        "agencies' controllers and managers, commission, mayor, auditor",
                        roles=LEADING | COMMISSION | {"mayor", "auditor"}),
    "hotspots": Audience("話務、機關研考與主管、研考會與監督人員",
                         "call centre, agencies' managers, commission, overseers",
                         roles=CALLS | LEADING | COMMISSION | {"mayor", "auditor", "ethics"}),
    "auditing": Audience("研考會與審計", "commission, auditor", roles=COMMISSION | {"auditor"}),
    "crews": Audience("派工人員與承辦人", "crews and officers", roles=frozenset({"crew", "officer"})),
    "petitions": Audience("看得到陳情案件的人員", "whoever may see petitions",
                          roles=LEADING | CALLS | COMMISSION
                          | {"officer", "crew", "mayor", "auditor", "ethics"}),
    "contractors": Audience("派工機關研考與主管", "controllers and managers of the crews' agency",
                            roles=frozenset({"controller", "manager"})),
}  # fmt: skip

PAGES: Final = """
^.*                                  api                nobody
account_change_password              write              own
account_demo                         write              anybody
account_inactive                     read               anybody
account_login                        write              anybody
account_logout                       write              own
account_reauthenticate               write              own
account_reset_password               write              anybody
account_reset_password_done          read               anybody
account_reset_password_from_key      write              anybody
account_reset_password_from_key_done read               anybody
account_revoke_token                 write              own
account_set_password                 write              own
account_tokens                       list,count,write   own
api:amend_case                       api,write          duty
api:api-root                         api,read           nobody
api:keep_evidence                    api,write          person
api:list_cases                       api,list,search    person
api:list_figures                     api,list           staff
api:list_rooms                       api,list           person
api:make_move                        api,write          duty
api:open_case                        api,write          duty
api:show_case                        api,read           duty
api:show_figure                      api,read           staff
badges_public:entry                  read               anybody
badges_public:list                   list,search,count  anybody
badges_public:open_data              export             anybody
calls:file                           read,write         supervisor
calls:file_refused                   export             supervisor
calls:files                          list,write         supervisor
calls:home                           list,count         calls
calls:kiosk_revoke                   write              supervisor
calls:kiosks                         list,count,write   supervisor
calls:levels                         read               calls
calls:list                           list,count          calls
calls:staffing                       read               calls
calls:wall                           read               calls
calls:wall_board                     read               calls
calls_public:kiosk                   read               link
calls_public:kiosk_board             read               link
checkpoint_file                      export             anybody
checkpoint_key                       export             anybody
checkpoints                          list,count         anybody
counter:check                        write              anybody
counter:danger                       read,write         anybody
counter:discard                      write              anybody
counter:done                         read               anybody
counter:follow                       write              anybody
counter:home                         list,count         anybody
counter:leave                        write              anybody
counter:map                          export             anybody
counter:page                         write              anybody
counter:push_script                  read               anybody
counter:search                       search             anybody
counter:start                        write              anybody
deadlines_feed                       export             link
desk:again                           write              person
desk:amend                           write              duty
desk:assign                          write              duty
desk:board                           read               room
desk:bulk                            write              person
desk:case                            read               duty
desk:case_letter                     read,write         duty
desk:clock                           read               duty
desk:commands                        search             person
desk:comment                         write              duty
desk:evidence                        export             duty
desk:export                          export             room
desk:find                            search             person
desk:follow                          write              duty
desk:guide                           read               anybody
desk:guide_commands                  list,count         anybody
desk:guide_figure                    read,drill         anybody
desk:home                            list,count         anybody
desk:import                          write              duty
desk:import_records                  export             duty
desk:import_refused                  export             duty
desk:import_sample                   export             duty
desk:inbox                           list,count         person
desk:inbox_handle                    write              person
desk:inbox_open                      read               duty
desk:ledger                          read               duty
desk:letter                          read,write         duty
desk:letter_file                     export             duty
desk:letters                         list,search,count  person
desk:letters_export                  export             person
desk:letters_received                list,search,count  person
desk:letters_zip                     export             duty
desk:link                            write              duty
desk:list                            list,search,count  room
desk:move                            write              duty
desk:office                          read               post
desk:office_agency                   read,write         post
desk:office_calendar                 read               post
desk:office_closures                 list,count,write   post
desk:office_deputies                 list,count,write   post
desk:office_edition                  write              calendar
desk:office_end_deputy               write              duty
desk:office_end_post                 write              admin
desk:office_journal                  read               duty
desk:office_journal_again            write              duty
desk:office_journals                 list,count         duty
desk:office_ledger                   read               ledger
desk:office_letter                   read               duty
desk:office_letter_act               write              duty
desk:office_letters                  list,write         rules
desk:office_looks                    list,count         auditor
desk:office_message_again            write              messages
desk:office_messages                 list,count         messages
desk:office_messages_again           write              messages
desk:office_people                   list,search        post
desk:office_retention                read               retention
desk:office_retention_act            write              retention
desk:office_retention_propose        write              retention
desk:office_rule                     read,write         rules
desk:office_rules                    list,count         rules
desk:office_verify                   write              ledger
desk:open                            write              duty
desk:palette                         search             person
desk:preferences                     list,count,write   anybody
desk:received                        read,write         duty
desk:received_export                 export             person
desk:received_file                   export             duty
desk:received_new                    write              duty
desk:review                          read,write         duty
desk:review_copy                     export             duty
desk:review_recuse                   write              duty
desk:review_relations                list,count,write   duty
desk:review_sheet                    export             duty
desk:reviewer                        read,write         duty
desk:reviewers                       list,count,write   duty
desk:reviews                         list,count         person
desk:room_letter                     read,write         duty
desk:room_letters                    read               room
desk:round                           read               duty
desk:round_announce                  write              duty
desk:round_assign                    write              duty
desk:round_file                      export             duty
desk:round_meeting                   read,write         duty
desk:round_new                       write              duty
desk:round_scores                    export             duty
desk:round_sheet                     read,write         duty
desk:round_urge                      write              duty
desk:rounds                          list,count         duty
desk:verify                          write              anybody
desk:verify_code                     read,write         anybody
desk:view                            write              duty
desk:view_new                        write              person
desk:views                           list,count         person
desk:work                            list,search,count  person
desk:work_export                     export             person
directives:ageing                    read               person
directives:capture                   read,write         duty
directives:filing                    read               person
directives:meetings                  list,count,write   person
english:add_meeting                  write              commission
english:add_member                   write              commission
english:add_resolution               write              commission
english:committee                    read               person
english:done                         write              commission
english:leave                        write              commission
english:meeting                      read               person
english_public:address               list,count         anybody
english_public:entry                 read               anybody
english_public:list                  list,search,count  anybody
english_public:open_data             export             anybody
enquiries:article                    read               enquiries
enquiries:article_act                write              editor
enquiries:article_edit               write              editor
enquiries:article_new                write              editor
enquiries:articles                   list,search,count  enquiries
enquiries:home                       list,search,write  enquiries
enquiries:incident                   read               enquiries
enquiries:incident_end               write              supervisor
enquiries:incident_new               write              supervisor
enquiries:incident_reword            write              supervisor
enquiries:incidents                  list,count         enquiries
enquiries:map                        export             agents
enquiries:nuisance                   read,write         agents
enquiries:nuisance_act               write              supervisor
enquiries:pop                        read               agents
enquiries:wanted                     read               agents
enquiries:wanted_one                 read,write         agents
enquiries_public:article             read               anybody
enquiries_public:list                list,search,count  anybody
enquiries_public:open_data           export             anybody
healthz                              api                anybody
hotspots:sources                     list,count         commission
hotspots_public:entry                read               anybody
hotspots_public:list                 list,search,count  anybody
hotspots_public:open_data            export             anybody
mfa_activate_totp                    write              own
mfa_add_webauthn                     write              own
mfa_authenticate                     write              step
mfa_deactivate_totp                  write              own
mfa_download_recovery_codes          read               own
mfa_edit_webauthn                    write              own
mfa_generate_recovery_codes          write              own
mfa_index                            read               own
mfa_list_webauthn                    read               own
mfa_login_webauthn                   write              step
mfa_reauthenticate                   write              own
mfa_reauthenticate_webauthn          write              own
mfa_remove_webauthn                  write              own
mfa_view_recovery_codes              read               own
office_end_client                    write              admin
office_end_hook                      write              admin
office_hooks                         list,count,write   admin
office_outside                       read,write         admin
office_permissions                   list,count         overseers
office_permissions_export            export             overseers
office_send_again                    write              admin
open311:^.*                          api                nobody
open311:^v2/discovery.<str:form>     api                anybody
open311:definition                   api,read           anybody
open311:discovery                    api,read           anybody
open311:request                      api,read           anybody
open311:requests                     api,list,write     anybody
open311:services                     api,list           anybody
open311:token                        api,read           link
open311:updates                      api,list,write     anybody
open_data                            list               anybody
open_data_catalogue                  export             anybody
open_data_file                       export             anybody
openapi                              api                anybody
papers:adoption                      read               person
papers:adoption_file                 export             person
papers_public:file                   export             anybody
papers_public:list                   list,search,count  anybody
papers_public:open_data              export             anybody
papers_public:paper                  read               anybody
petitions:analysed                   list,drill         auditing
petitions:analysis                   count,export       auditing
petitions:audit                      read,write         duty
petitions:cases                      export             person
petitions:contractor_revoke          write              contractors
petitions:contractors                list,count,write   contractors
petitions:crew                       list               crews
petitions:crew_do                    write              duty
petitions:crew_map                   export             crews
petitions:crew_order                 read               duty
petitions:crew_photo                 export             duty
petitions:crew_sw                    read               anybody
petitions:draw                       read,list          auditing
petitions:draws                      list,write         auditing
petitions:elsewhere                  list,write         calendar
petitions:enter                      read,write         intake
petitions:hotspot                    list               hotspots
petitions:hotspots                   list,count         hotspots
petitions:limit                      read,write         petitions
petitions:limits                     list               petitions
petitions:listed                     list,export,drill  leading
petitions:mail                       read,write         intake
petitions:mails                      list,count         intake
petitions:map                        read,count         person
petitions:overview                   count              leading
petitions:reveal                     read,write         duty
petitions:sample                     list,drill         auditing
petitions:triage                     list,write         sorters
petitions_counter:case               read,write         link
petitions_counter:joined             read,write         link
petitions_counter:letter             read,export        link
petitions_counter:map                read,count         anybody
petitions_counter:outlines           export             anybody
petitions_counter:push               write              link
petitions_counter:squares            export             anybody
petitions_counter:stop               read,write         link
petitions_counter:villages           export             anybody
petitions_public:crew                list               link
petitions_public:crew_do             write              link
petitions_public:crew_leave          write              link
petitions_public:crew_map            export             link
petitions_public:crew_open           read               link
petitions_public:crew_order          read               link
petitions_public:crew_photo          export             link
petitions_public:crew_sw             read               link
programme:entry                      read,write         person
programme:filed                      list               person
programme:filing                     read               person
programme:funding                    read               person
programme:lagging                    read               person
programme:steering                   read,write         person
proposals:budget                     export             city
proposals:map                        read               person
proposals:meeting                    read               person
proposals:meetings                   list,count,write   person
proposals:overlap                    read               person
proposals:ranking                    export             city
proposals:simulate                   read,write         city
proposals:trainings                  list,count,write   person
quality:candidates                   list,count         inspection
quality:pick                         write              duty
quality:quarter                      read               person
quality:reinspect                    write              duty
quality:returns                      list,count         returns
quality:returns_act                  write              duty
quality:returns_file                 export             returns
quality:year_plan                    read,write         inspection
receipts_sms                         write              link
report:card                          read,drill         delivered
report:checks                        read               staff
report:compare                       read               delivered
report:computation                   read,drill         delivered
report:desk                          read               staff
report:drift                         read,drill         staff
report:edition                       read               delivered
report:edition_checks                read               staff
report:edition_file                  export             delivered
report:fact                          read,drill         delivered
report:figure                        list,search,count,drill         delivered
report:figure_export                 export,drill       delivered
report:figures                       read,drill         delivered
report:home                          list,count         anybody
report:live                          read               delivered
report:live_file                     export             delivered
report:open                          write              commission
report:section                       read,write         staff
report:step                          write              duty
reports_feed                         export             anybody
signs_public:report                  read,write         anybody
signs_public:standing                read               anybody
training:calendar                    export             duty
training:needs                       list,count,write   person
training:roll                        read,write         duty
training:roster                      export             duty
training:screen                      read               duty
training_public:done                 read               link
training_public:here                 read,write         link
training_public:opinion              read,write         link
training_public:thanks               read               link
trips:adoption                       export             duty
trips:tables                         read               person
trips_public:file                    export             anybody
trips_public:list                    list,search,count  anybody
trips_public:open_data               export             anybody
trips_public:report                  read               anybody
"""
