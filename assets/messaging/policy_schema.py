"""What `policy.yml` and `brand.yml` may say: the contact policy and the sender's identity, as closed schemas."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from assets.messaging.journey_schema import Channel, MessageClass
from assets.messaging.yaml_types import Country, HexColor, Identifier, LocalTime, Percent, Seconds, Strict

HttpsUrl = Annotated[str, Field(pattern=r"^https://[^\s\"'<>]+$")]
Cap = Annotated[int, Field(ge=1)]
EngagementStage = Literal["none", "discovery", "research", "purchase"]
Classes = Annotated[list[MessageClass], Field(min_length=1)]


class PolicyRule(Strict):
    """`max_messages_by_engagement` lowers the cap for people of an engagement stage; it never raises it."""

    name: Identifier
    when: Classes
    counts: Classes
    channels: Annotated[list[Channel], Field(min_length=1)] | None = None
    window: Seconds
    max_messages: Cap
    max_messages_by_engagement: dict[EngagementStage, Cap] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _engagement_only_lowers(self) -> PolicyRule:
        higher = sorted(s for s, cap in self.max_messages_by_engagement.items() if cap > self.max_messages)
        if higher:
            raise ValueError(
                f"max_messages_by_engagement is above max_messages ({self.max_messages}) for {', '.join(higher)}; "
                "a stage can only lower the cap"
            )
        return self


class SendingWindow(Strict):
    opens: LocalTime
    closes: LocalTime
    on_sundays: bool
    on_holidays: bool

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> SendingWindow:
        if self.opens >= self.closes:
            raise ValueError("the window closes before it opens; no message could ever be sent")
        return self


class SendingWindows(Strict):
    email: SendingWindow
    sms: SendingWindow


class Holdout(Strict):
    epoch: Annotated[str, Field(min_length=1, max_length=40)]
    percent: Percent


class SoftOptIn(Strict):
    months: Annotated[int, Field(ge=0, le=120)]
    channels: list[Channel]


class Guards(Strict):
    price_regret_days: Annotated[int, Field(ge=0)]
    accessory_lookback_days: Annotated[int, Field(ge=0)]
    gifts_steer: bool


class Paused(Strict):
    email: bool = False
    sms: bool = False


class VolumeException(Strict):
    """A journey's volume that a person has looked at beforehand: on these days it may send up to `max_messages`."""

    journey: str
    day: date
    until: date | None = None
    max_messages: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> VolumeException:
        if self.until is not None and self.until < self.day:
            raise ValueError("`until` lies before `day`; the exception would hold on no day")
        return self


class VolumeCaps(Strict):
    """The breaker's numbers; what they mean stands in `policy.yml`, how they are applied in `fct_volume_bands`."""

    max_messages: Annotated[int, Field(ge=1)] = 250_000
    max_ratio: Annotated[float, Field(gt=1)] = 5.0
    min_past_runs: Annotated[int, Field(ge=1)] = 5
    always_fine: Annotated[int, Field(ge=0)] = 200
    max_without_forecast: Annotated[int, Field(ge=0)] = 5_000
    exceptions: list[VolumeException] = Field(default_factory=list)


class Policy(Strict):
    rules: Annotated[list[PolicyRule], Field(min_length=1)]
    sending_windows: SendingWindows
    holiday_countries: Annotated[list[Country], Field(min_length=1)]
    default_open: LocalTime
    holdout: Holdout
    soft_opt_in: SoftOptIn
    guards: Guards
    paused: Paused = Paused()
    caps: VolumeCaps = VolumeCaps()
    send_at_best_hour: bool = False


class Legal(Strict):
    name: Annotated[str, Field(min_length=2)]
    postal_address: Annotated[str, Field(min_length=5)]
    organisation_number: Annotated[str, Field(min_length=5)]


class EmailSender(Strict):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    address: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[a-z]{2,}$")]
    reply_to: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+\.[a-z]{2,}$")]


class SmsSender(Strict):
    sender_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,11}$")]
    max_segments: Annotated[int, Field(ge=1, le=6)] = 3


class Senders(Strict):
    email: EmailSender
    sms: SmsSender


class Palette(Strict):
    page: HexColor
    card: HexColor
    text: HexColor
    muted: HexColor
    heading: HexColor
    accent: HexColor
    on_accent: HexColor
    hero: HexColor
    on_hero: HexColor
    hero_muted: HexColor
    panel: HexColor
    line: HexColor
    sale: HexColor
    offer: HexColor
    on_offer: HexColor


class Colors(Strict):
    light: Palette
    dark: Palette


class LookColors(Strict):
    """Colours that a look puts in the place of the palette's."""

    hero: HexColor | None = None
    on_hero: HexColor | None = None
    hero_muted: HexColor | None = None
    accent: HexColor | None = None
    on_accent: HexColor | None = None

    def over(self, palette: Palette) -> Palette:
        return palette.model_copy(update=self.model_dump(exclude_none=True))


class Look(Strict):
    """How the top of a mail looks, for journeys with one of these triggers."""

    triggers: Annotated[list[str], Field(default_factory=list)]
    shape: Literal["band", "soft", "rule"] = "band"
    symbol: Annotated[str, Field(max_length=1)] = ""
    light: LookColors = LookColors()
    dark: LookColors = LookColors()


class Brand(Strict):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    tagline: dict[str, str]
    shop_url: HttpsUrl
    legal: Legal
    senders: Senders
    link_hosts: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")]], Field(min_length=1)]
    languages: Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2}$")]], Field(min_length=1)]
    language_fallback: dict[str, str]
    colors: Colors
    looks: Annotated[dict[str, Look], Field(default_factory=dict)]

    def look_of(self, trigger: str) -> Look:
        """The first look that names the trigger's kind, else the plain one."""
        return next((look for look in self.looks.values() if trigger in look.triggers), Look())

    @model_validator(mode="after")
    def _languages_exist(self) -> Brand:
        unknown = sorted(set(self.language_fallback.values()) - set(self.languages))
        if "default" not in self.language_fallback:
            raise ValueError("language_fallback needs an entry `default`")
        if unknown:
            raise ValueError(f"language_fallback leads to {', '.join(unknown)}, which is not in languages")
        missing = sorted(set(self.languages) - set(self.tagline))
        if missing:
            raise ValueError(f"tagline is missing in {', '.join(missing)}")
        return self

    def language_for(self, language: str | None) -> str:
        """The language in which this customer is written to."""
        code = (language or "").lower()[:2]
        if code in self.languages:
            return code
        return self.language_fallback.get(code, self.language_fallback["default"])
