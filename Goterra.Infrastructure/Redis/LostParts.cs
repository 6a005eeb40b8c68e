using Goterra.Core.Deployments;
using StackExchange.Redis;

namespace Goterra.Infrastructure.Redis;

/// <summary>
/// Parts of a deployment that the store has lost, by eviction or by another program. Scripts find them where something
/// is absent, and reply <c>lost</c> and the part: what is lost is never taken for absent.
/// </summary>
internal static class LostParts
{
    /// <param name="record">The key of the record, which contains the deployment's id.</param>
    /// <param name="part">As a script names it.</param>
    public static StoreDamagedException Of(RedisKey record, string? part)
    {
        var id = record.ToString().Split('{', '}') is [_, var inner, ..] ? inner : record.ToString();
        return new StoreDamagedException(
            $"The store has lost part of the deployment {id}: {Describe(part)}. Delete it and create it again, and "
            + "check that Redis does not evict keys (maxmemory-policy noeviction).");
    }

    private static string Describe(string? part) => part switch
    {
        "names" => "names of its keys",
        "index" => "properties of its keys",
        _ => "a value",
    };
}
