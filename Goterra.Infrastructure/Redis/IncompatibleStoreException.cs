namespace Goterra.Infrastructure.Redis;

/// <summary>Instances of a version that this one cannot run beside use the store.</summary>
/// <param name="version">Which version.</param>
public sealed class IncompatibleStoreException(string version) : Exception(
    $"Instances of {version} use the Redis store, and this version cannot run beside them. Stop all instances, wait "
    + "20 s, then start all of them with the same version.");
