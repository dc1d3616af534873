/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt.h: the numbers of libvirt's public API that dom0d and dom0ctl use, once.
 *
 * Each list is named after libvirt's type, see libvirt-domain.h, libvirt-host.h and virterror.h.
 * Not here: the codes of errors (virErrorNumber, base/err.h), and the types of typed parameters
 * (virTypedParameterType, remote.x).
 */
#ifndef WIRE_LIBVIRT_H
#define WIRE_LIBVIRT_H

/*----- states and their reasons -----*/

/* virDomainState */
enum domain_state {
    STATE_NONE = 0,
    STATE_RUNNING = 1,
    STATE_BLOCKED = 2,
    STATE_PAUSED = 3,
    STATE_SHUTDOWN = 4, /* being shut down */
    STATE_SHUTOFF = 5,
    STATE_CRASHED = 6,
    STATE_PMSUSPENDED = 7,
};

/* virDomainRunningReason */
enum {
    RUNNING_UNKNOWN = 0,
    RUNNING_BOOTED = 1,
    RUNNING_MIGRATED = 2,
    RUNNING_RESTORED = 3,
    RUNNING_FROM_SNAPSHOT = 4,
    RUNNING_UNPAUSED = 5,
    RUNNING_MIGRATION_CANCELED = 6,
    RUNNING_SAVE_CANCELED = 7,
    RUNNING_WAKEUP = 8,
    RUNNING_CRASHED = 9,
    RUNNING_POSTCOPY = 10,
    RUNNING_POSTCOPY_FAILED = 11,
};

/* virDomainPausedReason */
enum {
    PAUSED_UNKNOWN = 0,
    PAUSED_USER = 1,
    PAUSED_MIGRATION = 2,
    PAUSED_SAVE = 3,
    PAUSED_DUMP = 4,
    PAUSED_IOERROR = 5,
    PAUSED_WATCHDOG = 6,
    PAUSED_FROM_SNAPSHOT = 7,
    PAUSED_SHUTTING_DOWN = 8,
    PAUSED_SNAPSHOT = 9,
    PAUSED_CRASHED = 10,
    PAUSED_STARTING_UP = 11,
    PAUSED_POSTCOPY = 12,
    PAUSED_POSTCOPY_FAILED = 13,
};

/* virDomainShutdownReason */
enum { SHUTDOWN_UNKNOWN = 0, SHUTDOWN_USER = 1 };

/* virDomainShutoffReason */
enum {
    SHUTOFF_UNKNOWN = 0,
    SHUTOFF_SHUTDOWN = 1,
    SHUTOFF_DESTROYED = 2,
    SHUTOFF_CRASHED = 3,
    SHUTOFF_MIGRATED = 4,
    SHUTOFF_SAVED = 5,
    SHUTOFF_FAILED = 6,
    SHUTOFF_FROM_SNAPSHOT = 7,
    SHUTOFF_DAEMON = 8,
};

/* virDomainCrashedReason */
enum { CRASHED_UNKNOWN_REASON = 0, CRASHED_PANICKED_REASON = 1 };

/*----- events -----*/

/* virDomainEventID: any may be registered for; those that are named are told. */
enum {
    EVENT_LIFECYCLE = 0,
    EVENT_REBOOT = 1,
    EVENT_CONTROL_ERROR = 7,
    EVENT_JOB_COMPLETED = 21,
    EVENT_METADATA_CHANGE = 23,
    EVENT_LEGACY_COUNT = 16, /* those below have messages without a callback id */
    EVENT_COUNT = 27,        /* as many as libvirt 9.0 has */
};

/* virDomainEventType */
enum lifecycle_event {
    LIFECYCLE_DEFINED = 0,
    LIFECYCLE_UNDEFINED = 1,
    LIFECYCLE_STARTED = 2,
    LIFECYCLE_SUSPENDED = 3,
    LIFECYCLE_RESUMED = 4,
    LIFECYCLE_STOPPED = 5,
    LIFECYCLE_SHUTDOWN = 6,
    LIFECYCLE_PMSUSPENDED = 7,
    LIFECYCLE_CRASHED = 8,
};

/* virDomainEventDefinedDetailType */
enum { DEFINED_ADDED = 0, DEFINED_UPDATED = 1, DEFINED_RENAMED = 2, DEFINED_FROM_SNAPSHOT = 3 };

/* virDomainEventUndefinedDetailType */
enum { UNDEFINED_REMOVED = 0, UNDEFINED_RENAMED = 1 };

/* virDomainEventStartedDetailType */
enum {
    STARTED_BOOTED = 0,
    STARTED_MIGRATED = 1,
    STARTED_RESTORED = 2,
    STARTED_FROM_SNAPSHOT = 3,
    STARTED_WAKEUP = 4,
};

/* virDomainEventSuspendedDetailType */
enum {
    SUSPENDED_PAUSED = 0,
    SUSPENDED_MIGRATED = 1,
    SUSPENDED_IOERROR = 2,
    SUSPENDED_WATCHDOG = 3,
    SUSPENDED_RESTORED = 4,
    SUSPENDED_FROM_SNAPSHOT = 5,
    SUSPENDED_API_ERROR = 6,
    SUSPENDED_POSTCOPY = 7,
    SUSPENDED_POSTCOPY_FAILED = 8,
};

/* virDomainEventResumedDetailType */
enum {
    RESUMED_UNPAUSED = 0,
    RESUMED_MIGRATED = 1,
    RESUMED_FROM_SNAPSHOT = 2,
    RESUMED_POSTCOPY = 3,
    RESUMED_POSTCOPY_FAILED = 4,
};

/* virDomainEventStoppedDetailType */
enum {
    STOPPED_SHUTDOWN = 0,
    STOPPED_DESTROYED = 1,
    STOPPED_CRASHED = 2,
    STOPPED_MIGRATED = 3,
    STOPPED_SAVED = 4,
    STOPPED_FAILED = 5,
    STOPPED_FROM_SNAPSHOT = 6,
};

/* virDomainEventShutdownDetailType */
enum { SHUTDOWN_FINISHED = 0, SHUTDOWN_BY_GUEST = 1, SHUTDOWN_BY_HOST = 2 };

/* virDomainEventPMSuspendedDetailType */
enum { PMSUSPENDED_MEMORY = 0, PMSUSPENDED_DISK = 1 };

/* virDomainEventCrashedDetailType */
enum { CRASHED_PANICKED = 0, CRASHED_CRASHLOADED = 1 };

/*----- jobs -----*/

/* virDomainJobType */
enum {
    JOB_TYPE_NONE = 0,
    JOB_TYPE_BOUNDED = 1,
    JOB_TYPE_UNBOUNDED = 2,
    JOB_TYPE_COMPLETED = 3,
    JOB_TYPE_FAILED = 4,
    JOB_TYPE_CANCELLED = 5,
};

/* virDomainJobOperation */
enum {
    JOB_OPERATION_UNKNOWN = 0,
    JOB_OPERATION_START = 1,
    JOB_OPERATION_SAVE = 2,
    JOB_OPERATION_RESTORE = 3,
    JOB_OPERATION_MIGRATION_IN = 4,
    JOB_OPERATION_MIGRATION_OUT = 5,
    JOB_OPERATION_DUMP = 8,
};

/*----- flags of calls -----*/

/* virConnectFlags */
enum { OPEN_READ_ONLY = 1 };

/* virDomainCreateFlags */
enum { START_PAUSED = 1, START_BYPASS_CACHE = 4, START_FORCE_BOOT = 8, START_VALIDATE = 16 };

/* virDomainDefineFlags */
enum { DEFINE_VALIDATE = 1 };

/* virDomainUndefineFlagsValues */
enum { UNDEFINE_MANAGED_SAVE = 1 };

/* virDomainModificationImpact; neither: what runs, else what is stored */
enum { AFFECT_LIVE = 1, AFFECT_CONFIG = 2, AFFECT_ALL = 3 };

/* virDomainSaveRestoreFlags */
enum { SAVE_RUNNING = 2, SAVE_PAUSED = 4 };

/* virDomainSaveImageXMLFlags */
enum { SAVE_IMAGE_XML_SECURE = 1 };

/* virDomainShutdownFlagValues, and virDomainRebootFlagValues, which are the same */
enum { POWER_ACPI_BUTTON = 1, POWER_PARAVIRT = 16 };

/* virDomainConsoleFlags */
enum { CONSOLE_FORCE = 1, CONSOLE_SAFE = 2 };

/* virDomainXMLFlags */
enum {
    DOMAIN_XML_SECURE = 1,
    DOMAIN_XML_INACTIVE = 2,
    DOMAIN_XML_UPDATE_CPU = 4,
    DOMAIN_XML_MIGRATABLE = 8,
    DOMAIN_XML_ALL = (1 << 4) - 1,
};

/* virDomainMessageType; none asked for means all */
enum {
    MESSAGE_DEPRECATION = 1,
    MESSAGE_TAINTING = 2,
    MESSAGE_IOERRORS = 4,
    MESSAGE_ALL = 7,
};

/* virDomainGetJobStatsFlags */
enum { JOB_STATS_COMPLETED = 1, JOB_STATS_KEEP_COMPLETED = 2 };

/* virTypedParameterFlags: a bit of the same flags, wherever typed parameters are answered */
enum { TYPED_PARAM_STRING_OKAY = 4 };

/* virConnectListAllDomainsFlags, in groups: none of a group asked for means all of it. */
enum {
    LIST_ACTIVE = 1 << 0,
    LIST_INACTIVE = 1 << 1,
    LIST_PERSISTENT = 1 << 2,
    LIST_TRANSIENT = 1 << 3,
    LIST_RUNNING = 1 << 4,
    LIST_PAUSED = 1 << 5,
    LIST_SHUTOFF = 1 << 6,
    LIST_OTHER = 1 << 7,
    LIST_MANAGED_SAVE = 1 << 8,
    LIST_NO_MANAGED_SAVE = 1 << 9,
    LIST_AUTOSTART = 1 << 10,
    LIST_NO_AUTOSTART = 1 << 11,
    LIST_SNAPSHOT = 1 << 12,
    LIST_NO_SNAPSHOT = 1 << 13,
    LIST_CHECKPOINT = 1 << 14,
    LIST_NO_CHECKPOINT = 1 << 15,
    LIST_STATES = LIST_RUNNING | LIST_PAUSED | LIST_SHUTOFF | LIST_OTHER,
    LIST_ALL_FLAGS = (1 << 16) - 1,
};

/*----- what calls name -----*/

/* virDomainMetadataType */
enum { METADATA_DESCRIPTION = 0, METADATA_TITLE = 1, METADATA_ELEMENT = 2 };

/* virDomainLifecycle */
enum { ACTION_FOR_POWEROFF = 0, ACTION_FOR_REBOOT = 1, ACTION_FOR_CRASH = 2 };

/* virDomainLifecycleAction: DOMAIN_ACTION_ of conf/domain.h has another order. */
enum {
    ACTION_DESTROY = 0,
    ACTION_RESTART = 1,
    ACTION_RESTART_RENAME = 2,
    ACTION_PRESERVE = 3,
    ACTION_COREDUMP_DESTROY = 4,
    ACTION_COREDUMP_RESTART = 5,
};

/*----- of the connection -----*/

/* VIR_DRV_FEATURE_ of libvirt's internal header, which its clients ask the daemon for. */
enum {
    FEATURE_TYPED_PARAM_STRING = 9,
    FEATURE_PROGRAM_KEEPALIVE = 10,
    FEATURE_REMOTE_EVENT_CALLBACK = 14,
    FEATURE_REMOTE_CLOSE_CALLBACK = 15,
};

/* virErrorLevel */
enum { ERROR_LEVEL_ERROR = 2 };

/* virErrorDomain: which part of libvirt an error is said to come from. */
enum { FROM_NONE = 0, FROM_RPC = 7, FROM_DOMAIN = 20, FROM_STREAMS = 38, FROM_LIBXL = 41 };

#endif
